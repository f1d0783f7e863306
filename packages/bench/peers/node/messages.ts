// What `ts-proto` would generate, the generator that most users of grpc-js in TypeScript have: plain objects, and for each message
// one function that writes its fields and one that reads them. Only the fields that a server needs.
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

export interface Any {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

export interface DiscoveryResponse {
  readonly versionInfo: string;
  readonly resources: readonly Any[];
  readonly typeUrl: string;
  readonly nonce: string;
}

export interface Resource {
  readonly name: string;
  readonly version: string;
  readonly resource: Any;
}

export interface DeltaDiscoveryResponse {
  readonly systemVersionInfo: string;
  readonly resources: readonly Resource[];
  readonly typeUrl: string;
  readonly nonce: string;
}

export interface DiscoveryRequest {
  readonly resourceNames: readonly string[];
  readonly typeUrl: string;
}

export interface DeltaDiscoveryRequest {
  readonly resourceNamesSubscribe: readonly string[];
  readonly typeUrl: string;
}

const bytesTag = (field: number): number => (field << 3) | WireType.LengthDelimited;

export function encodeDiscoveryResponse(message: DiscoveryResponse): Buffer {
  const writer = new BinaryWriter();
  writer.uint32(bytesTag(1)).string(message.versionInfo);
  for (const any of message.resources) writeAny(any, writer.uint32(bytesTag(2)).fork()).join();
  writer.uint32(bytesTag(4)).string(message.typeUrl);
  writer.uint32(bytesTag(5)).string(message.nonce);
  return asBuffer(writer.finish());
}

export function encodeDeltaDiscoveryResponse(message: DeltaDiscoveryResponse): Buffer {
  const writer = new BinaryWriter();
  writer.uint32(bytesTag(1)).string(message.systemVersionInfo);
  for (const resource of message.resources) writeResource(resource, writer.uint32(bytesTag(2)).fork()).join();
  writer.uint32(bytesTag(4)).string(message.typeUrl);
  writer.uint32(bytesTag(5)).string(message.nonce);
  return asBuffer(writer.finish());
}

function writeResource({ version, resource, name }: Resource, writer: BinaryWriter): BinaryWriter {
  writer.uint32(bytesTag(1)).string(version);
  writeAny(resource, writer.uint32(bytesTag(2)).fork()).join();
  return writer.uint32(bytesTag(3)).string(name);
}

function writeAny({ typeUrl, value }: Any, writer: BinaryWriter): BinaryWriter {
  return writer.uint32(bytesTag(1)).string(typeUrl).uint32(bytesTag(2)).bytes(value);
}

export function decodeDiscoveryRequest(bytes: Uint8Array): DiscoveryRequest {
  const { names, typeUrl } = readRequest(bytes, bytesTag(3), bytesTag(4));
  return { resourceNames: names, typeUrl };
}

export function decodeDeltaDiscoveryRequest(bytes: Uint8Array): DeltaDiscoveryRequest {
  const { names, typeUrl } = readRequest(bytes, bytesTag(3), bytesTag(2));
  return { resourceNamesSubscribe: names, typeUrl };
}

function readRequest(bytes: Uint8Array, namesTag: number, typeUrlTag: number): { names: string[]; typeUrl: string } {
  const reader = new BinaryReader(bytes);
  const names: string[] = [];
  let typeUrl = "";
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === namesTag) names.push(reader.string());
    else if (tag === typeUrlTag) typeUrl = reader.string();
    else reader.skip(tag & 7, tag >>> 3);
  }
  return { names, typeUrl };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
