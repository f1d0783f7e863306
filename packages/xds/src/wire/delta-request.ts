import { mergeMessage } from "./merge.ts";
import { tagOf, WIRE, WireReader } from "./reader.ts";
import {
  type ResourceLocator,
  readMapEntry,
  readResourceLocator,
  sizeOfLocatorsField,
  writeLocatorsField,
} from "./resource-locator.ts";
import { type ErrorDetail, encodeStatus, readStatus } from "./status.ts";
import { sizeOfBytesField, sizeOfStringField, sizeOfStringsField, WireWriter } from "./writer.ts";

/** A `DeltaDiscoveryRequest` as the server reads it. */
export interface DeltaRequest {
  readonly typeUrl: string;
  /** `response_nonce`; empty: not an answer. */
  readonly nonce: string;
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  /** The dynamic parameters in its `resource_locators_subscribe`, whose names are among `subscribe`; `undefined`: it has none. */
  readonly parameters: ReadonlyMap<string, string> | undefined;
  /** What the client already has: version by resource name. */
  readonly initialResourceVersions: ReadonlyMap<string, string>;
  /** The encoded `core.v3.Node`, for `readNode`. */
  readonly node: Uint8Array | undefined;
  readonly errorDetail: ErrorDetail | undefined;
}

const NODE = tagOf(1, WIRE.bytes);
const TYPE_URL = tagOf(2, WIRE.bytes);
const SUBSCRIBE = tagOf(3, WIRE.bytes);
const UNSUBSCRIBE = tagOf(4, WIRE.bytes);
const INITIAL_VERSIONS = tagOf(5, WIRE.bytes);
const RESPONSE_NONCE = tagOf(6, WIRE.bytes);
const ERROR_DETAIL = tagOf(7, WIRE.bytes);
const LOCATORS_SUBSCRIBE = tagOf(8, WIRE.bytes);
const LOCATORS_UNSUBSCRIBE = tagOf(9, WIRE.bytes);

const NO_NAMES: readonly string[] = [];
const NO_VERSIONS: ReadonlyMap<string, string> = new Map();

/** Reads a `DeltaDiscoveryRequest`. Unknown fields are stepped over. @throws WireError */
export function readDeltaDiscoveryRequest(bytes: Uint8Array): DeltaRequest {
  const reader = new WireReader(bytes);
  let typeUrl = "";
  let nonce = "";
  const subscribe: string[] = [];
  const unsubscribe: string[] = [];
  const versions = new Map<string, string>();
  let node: Uint8Array | undefined;
  let status: Uint8Array | undefined;
  let parameters: ReadonlyMap<string, string> | undefined;
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === TYPE_URL) typeUrl = reader.string();
    else if (tag === RESPONSE_NONCE) nonce = reader.string();
    else if (tag === SUBSCRIBE) subscribe.push(reader.string());
    else if (tag === UNSUBSCRIBE) unsubscribe.push(reader.string());
    else if (tag === INITIAL_VERSIONS) readMapEntry(reader.message(), versions);
    else if (tag === ERROR_DETAIL) status = mergeMessage(status, reader.view());
    else if (tag === LOCATORS_SUBSCRIBE) {
      const locator = readResourceLocator(reader.message());
      subscribe.push(locator.name);
      parameters ??= locator.parameters;
    } else if (tag === LOCATORS_UNSUBSCRIBE) unsubscribe.push(readResourceLocator(reader.message()).name);
    else if (tag === NODE) node = mergeMessage(node, reader.view());
    else reader.skip(tag);
  }
  return {
    typeUrl,
    nonce,
    subscribe,
    unsubscribe,
    parameters,
    initialResourceVersions: versions,
    node,
    errorDetail: status && readStatus(status),
  };
}

/** A `DeltaDiscoveryRequest` as a client writes it. */
export interface DeltaRequestToWrite {
  readonly typeUrl: string;
  readonly nonce?: string | undefined;
  readonly subscribe?: readonly string[] | undefined;
  readonly unsubscribe?: readonly string[] | undefined;
  /** Names to subscribe to with dynamic parameters. */
  readonly locators?: readonly ResourceLocator[] | undefined;
  readonly initialResourceVersions?: ReadonlyMap<string, string> | undefined;
  /** An encoded `core.v3.Node`. */
  readonly node?: Uint8Array | undefined;
  readonly errorDetail?: ErrorDetail | undefined;
}

/** Encodes a `DeltaDiscoveryRequest`. */
export function writeDeltaDiscoveryRequest(request: DeltaRequestToWrite): Uint8Array {
  const { typeUrl, nonce = "", subscribe = NO_NAMES, unsubscribe = NO_NAMES, locators = [], node } = request;
  const versions = request.initialResourceVersions ?? NO_VERSIONS;
  const status = request.errorDetail && encodeStatus(request.errorDetail);
  let versionsSize = 0;
  for (const [name, version] of versions) versionsSize += sizeOfBytesField(sizeOfEntry(name, version));
  const writer = new WireWriter(
    (node ? sizeOfBytesField(node.length) : 0) +
      sizeOfStringField(typeUrl) +
      sizeOfStringsField(subscribe) +
      sizeOfStringsField(unsubscribe) +
      versionsSize +
      sizeOfStringField(nonce) +
      (status ? sizeOfBytesField(status.length) : 0) +
      sizeOfLocatorsField(locators),
  );
  if (node) writer.bytesField(1, node);
  writer.stringField(2, typeUrl);
  writer.stringsField(3, subscribe);
  writer.stringsField(4, unsubscribe);
  for (const [name, version] of versions) {
    writer.header(5, sizeOfEntry(name, version));
    writer.stringField(1, name);
    writer.stringField(2, version);
  }
  writer.stringField(6, nonce);
  if (status) writer.bytesField(7, status);
  writeLocatorsField(writer, 8, locators);
  return writer.finish();
}

function sizeOfEntry(key: string, value: string): number {
  return sizeOfStringField(key) + sizeOfStringField(value);
}
