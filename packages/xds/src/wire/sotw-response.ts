import { type AnyMessage, readAny } from "./any.ts";
import { readControlPlane, sizeOfControlPlane, writeControlPlane } from "./control-plane.ts";
import { tagOf, WIRE, WireReader } from "./reader.ts";
import { type NamedError, readResourceError, sizeOfResourceErrors, writeResourceErrors } from "./resource-error.ts";
import { sizeOfBytesField, sizeOfStringField, WireWriter } from "./writer.ts";

/** A `DiscoveryResponse` to write. */
export interface SotwResponseToWrite {
  readonly versionInfo: string;
  readonly typeUrl: string;
  readonly nonce: string;
  /** Encoded `Any` messages (`encodeAny`), copied in as they are. */
  readonly resources: readonly Uint8Array[];
  /** Default: none. */
  readonly errors?: readonly NamedError[] | undefined;
  /** `control_plane.identifier`; empty: left out. */
  readonly controlPlaneId: string;
}

/** How a response is written. */
export interface ResponseFormat {
  /** Whether the 5-byte gRPC prefix comes first, in the same memory. Default: no. */
  readonly framed?: boolean;
}

/** A `DiscoveryResponse` as a client reads it. */
export interface SotwResponse {
  readonly versionInfo: string;
  readonly typeUrl: string;
  readonly nonce: string;
  /** Their bytes share memory with the response. */
  readonly resources: readonly AnyMessage[];
  readonly errors: readonly NamedError[];
  readonly controlPlaneId: string;
}

const VERSION_INFO = tagOf(1, WIRE.bytes);
const RESOURCES = tagOf(2, WIRE.bytes);
const TYPE_URL = tagOf(4, WIRE.bytes);
const NONCE = tagOf(5, WIRE.bytes);
const CONTROL_PLANE = tagOf(6, WIRE.bytes);
const RESOURCE_ERRORS = tagOf(7, WIRE.bytes);

/** Encodes a `DiscoveryResponse` in one allocation. */
export function writeDiscoveryResponse(
  response: SotwResponseToWrite,
  format: ResponseFormat = {},
): Buffer<ArrayBuffer> {
  const { versionInfo, typeUrl, nonce, resources, controlPlaneId, errors = [] } = response;
  let size = sizeOfStringField(versionInfo) + sizeOfStringField(typeUrl) + sizeOfStringField(nonce);
  size += sizeOfControlPlane(controlPlaneId);
  for (const resource of resources) size += sizeOfBytesField(resource.length);
  size += sizeOfResourceErrors(errors);
  const writer = new WireWriter(size, format.framed);
  writer.stringField(1, versionInfo);
  for (const resource of resources) writer.bytesField(2, resource);
  writer.stringField(4, typeUrl);
  writer.stringField(5, nonce);
  writeControlPlane(writer, 6, controlPlaneId);
  writeResourceErrors(writer, 7, errors);
  return writer.finish();
}

/** Reads a `DiscoveryResponse`. @throws WireError */
export function readDiscoveryResponse(bytes: Uint8Array): SotwResponse {
  const reader = new WireReader(bytes);
  const resources: AnyMessage[] = [];
  let versionInfo = "";
  let typeUrl = "";
  let nonce = "";
  let controlPlaneId = "";
  const errors: NamedError[] = [];
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === VERSION_INFO) versionInfo = reader.string();
    else if (tag === RESOURCES) resources.push(readAny(reader.message()));
    else if (tag === TYPE_URL) typeUrl = reader.string();
    else if (tag === NONCE) nonce = reader.string();
    else if (tag === CONTROL_PLANE) controlPlaneId = readControlPlane(reader.message(), controlPlaneId);
    else if (tag === RESOURCE_ERRORS) errors.push(readResourceError(reader.view()));
    else reader.skip(tag);
  }
  return { versionInfo, typeUrl, nonce, resources, errors, controlPlaneId };
}
