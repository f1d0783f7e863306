import { readControlPlane, sizeOfControlPlane, writeControlPlane } from "./control-plane.ts";
import { tagOf, WIRE, WireReader } from "./reader.ts";
import { type NamedError, readResourceError, sizeOfResourceErrors, writeResourceErrors } from "./resource-error.ts";
import { readResourceName } from "./resource-name.ts";
import { readResourceWrapper, type WrappedResource } from "./resource-wrapper.ts";
import type { ResponseFormat } from "./sotw-response.ts";
import { sizeOfBytesField, sizeOfStringField, sizeOfStringsField, WireWriter } from "./writer.ts";

/** A `DeltaDiscoveryResponse` to write. */
export interface DeltaResponseToWrite {
  readonly systemVersionInfo: string;
  readonly typeUrl: string;
  readonly nonce: string;
  /** Encoded `discovery.v3.Resource` messages (`encodeResourceWrapper`), copied in as they are. */
  readonly resources: readonly Uint8Array[];
  /** Names of resources that do not exist (any more). */
  readonly removed: readonly string[];
  /** Default: none. */
  readonly errors?: readonly NamedError[] | undefined;
  /** Encoded `ResourceName`s of variants that are gone (`encodeResourceName`). Default: none. */
  readonly removedVariants?: readonly Uint8Array[] | undefined;
  /** `control_plane.identifier`; empty: left out. */
  readonly controlPlaneId: string;
}

/** A `DeltaDiscoveryResponse` as a client reads it. */
export interface DeltaResponse {
  readonly systemVersionInfo: string;
  readonly typeUrl: string;
  readonly nonce: string;
  /** Their bytes share memory with the response. */
  readonly resources: readonly WrappedResource[];
  readonly removed: readonly string[];
  readonly errors: readonly NamedError[];
  readonly controlPlaneId: string;
}

const SYSTEM_VERSION = tagOf(1, WIRE.bytes);
const RESOURCES = tagOf(2, WIRE.bytes);
const TYPE_URL = tagOf(4, WIRE.bytes);
const NONCE = tagOf(5, WIRE.bytes);
const REMOVED = tagOf(6, WIRE.bytes);
const REMOVED_NAMES = tagOf(8, WIRE.bytes);
const CONTROL_PLANE = tagOf(7, WIRE.bytes);
const RESOURCE_ERRORS = tagOf(9, WIRE.bytes);

/** Encodes a `DeltaDiscoveryResponse` in one allocation. */
export function writeDeltaDiscoveryResponse(
  response: DeltaResponseToWrite,
  format: ResponseFormat = {},
): Buffer<ArrayBuffer> {
  const { systemVersionInfo, typeUrl, nonce, resources, removed, removedVariants = [] } = response;
  const { controlPlaneId, errors = [] } = response;
  let size = sizeOfStringField(systemVersionInfo) + sizeOfStringField(typeUrl) + sizeOfStringField(nonce);
  size += sizeOfStringsField(removed) + sizeOfControlPlane(controlPlaneId);
  for (const bytes of [...resources, ...removedVariants]) size += sizeOfBytesField(bytes.length);
  size += sizeOfResourceErrors(errors);
  const writer = new WireWriter(size, format.framed);
  writer.stringField(1, systemVersionInfo);
  for (const resource of resources) writer.bytesField(2, resource);
  writer.stringField(4, typeUrl);
  writer.stringField(5, nonce);
  writer.stringsField(6, removed);
  writeControlPlane(writer, 7, controlPlaneId);
  for (const name of removedVariants) writer.bytesField(8, name);
  writeResourceErrors(writer, 9, errors);
  return writer.finish();
}

/** Reads a `DeltaDiscoveryResponse`. @throws WireError */
export function readDeltaDiscoveryResponse(bytes: Uint8Array): DeltaResponse {
  const reader = new WireReader(bytes);
  const resources: WrappedResource[] = [];
  const removed: string[] = [];
  const removedVariants: string[] = [];
  let systemVersionInfo = "";
  let typeUrl = "";
  let nonce = "";
  let controlPlaneId = "";
  const errors: NamedError[] = [];
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === SYSTEM_VERSION) systemVersionInfo = reader.string();
    else if (tag === RESOURCES) resources.push(readResourceWrapper(reader.message()));
    else if (tag === TYPE_URL) typeUrl = reader.string();
    else if (tag === NONCE) nonce = reader.string();
    else if (tag === REMOVED) removed.push(reader.string());
    else if (tag === REMOVED_NAMES) removedVariants.push(readResourceName(reader.message()));
    else if (tag === CONTROL_PLANE) controlPlaneId = readControlPlane(reader.message(), controlPlaneId);
    else if (tag === RESOURCE_ERRORS) errors.push(readResourceError(reader.view()));
    else reader.skip(tag);
  }
  // One that makes room for another of its name is not gone for a client with one set of parameters.
  const isThere = new Set(resources.map(({ name }) => name));
  removed.push(...removedVariants.filter((name) => !isThere.has(name)));
  return { systemVersionInfo, typeUrl, nonce, resources, removed, errors, controlPlaneId };
}
