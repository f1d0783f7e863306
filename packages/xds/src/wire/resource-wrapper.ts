import { type AnyMessage, readAny } from "./any.ts";
import { mergeMessage } from "./merge.ts";
import { tagOf, WIRE, WireReader } from "./reader.ts";
import { encodeResourceName, readResourceName } from "./resource-name.ts";
import { sizeOfBytesField, sizeOfStringField, sizeOfStringsField, sizeOfVarint, WireWriter } from "./writer.ts";

/** The type URL of the wrapper itself, where SotW puts it into an `Any` (protocol.md W7). */
export const RESOURCE_WRAPPER_TYPE_URL = "type.googleapis.com/envoy.service.discovery.v3.Resource";

/** A `discovery.v3.Resource` to encode. */
export interface WrapperToEncode {
  readonly name: string;
  /** Encoded `DynamicParameterConstraints`, for which the name goes into `resource_name`. Default: none. */
  readonly constraints?: Uint8Array | undefined;
  readonly version: string;
  /** The encoded `Any` of the resource (`encodeAny`); `undefined`: no body, a heartbeat (protocol.md O3). */
  readonly any: Uint8Array | undefined;
  readonly aliases?: readonly string[] | undefined;
  /** Time after which the client drops the resource, ms; `undefined`: never. */
  readonly ttlMs?: number | undefined;
  /** `cache_control.do_not_cache`. */
  readonly doNotCache?: boolean | undefined;
}

/** A `discovery.v3.Resource` as a client reads it. */
export interface WrappedResource {
  readonly name: string;
  readonly version: string;
  /** `undefined`: no body. Its bytes share memory with the response. */
  readonly resource: AnyMessage | undefined;
  readonly aliases: readonly string[];
  readonly ttlMs: number | undefined;
  readonly doNotCache: boolean;
}

const VERSION = tagOf(1, WIRE.bytes);
const RESOURCE = tagOf(2, WIRE.bytes);
const NAME = tagOf(3, WIRE.bytes);
const ALIASES = tagOf(4, WIRE.bytes);
const TTL = tagOf(6, WIRE.bytes);
const CACHE_CONTROL = tagOf(7, WIRE.bytes);
const RESOURCE_NAME = tagOf(8, WIRE.bytes);
const SECONDS = tagOf(1, WIRE.varint);
const NANOS = tagOf(2, WIRE.varint);
const DO_NOT_CACHE = tagOf(1, WIRE.varint);

/** Encodes a `discovery.v3.Resource`: to be done once per content and shared by all responses. */
export function encodeResourceWrapper(wrapper: WrapperToEncode): Buffer<ArrayBuffer> {
  const { version, any, aliases = [], ttlMs, doNotCache = false, constraints } = wrapper;
  const name = constraints ? "" : wrapper.name;
  const resourceName = constraints && encodeResourceName(wrapper.name, constraints);
  const ttlSize = ttlMs === undefined ? 0 : sizeOfDuration(ttlMs);
  const writer = new WireWriter(
    sizeOfStringField(version) +
      (any ? sizeOfBytesField(any.length) : 0) +
      sizeOfStringField(name) +
      sizeOfStringsField(aliases) +
      (ttlMs === undefined ? 0 : sizeOfBytesField(ttlSize)) +
      (doNotCache ? sizeOfBytesField(2) : 0) +
      (resourceName ? sizeOfBytesField(resourceName.length) : 0),
  );
  writer.stringField(1, version);
  if (any) writer.bytesField(2, any);
  writer.stringField(3, name);
  writer.stringsField(4, aliases);
  if (ttlMs !== undefined) {
    writer.header(6, ttlSize);
    writeDuration(writer, ttlMs);
  }
  if (doNotCache) {
    writer.header(7, 2);
    writer.varintField(1, 1);
  }
  if (resourceName) writer.bytesField(8, resourceName);
  return writer.finish();
}

/** Reads a `discovery.v3.Resource`. @throws WireError */
export function readResourceWrapper(bytes: Uint8Array | WireReader): WrappedResource {
  const reader = bytes instanceof WireReader ? bytes : new WireReader(bytes);
  const aliases: string[] = [];
  let name = "";
  let version = "";
  let body: Uint8Array | undefined;
  let ttl: Uint8Array | undefined;
  let doNotCache = false;
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === VERSION) version = reader.string();
    else if (tag === RESOURCE) body = body ? mergeMessage(body, reader.view()) : reader.view();
    else if (tag === NAME) name = reader.string();
    else if (tag === RESOURCE_NAME) name = readResourceName(reader.message());
    else if (tag === ALIASES) aliases.push(reader.string());
    else if (tag === TTL) ttl = mergeMessage(ttl, reader.view());
    else if (tag === CACHE_CONTROL) doNotCache = readDoNotCache(reader.message(), doNotCache);
    else reader.skip(tag);
  }
  const resource = body && readAny(body);
  return { name, version, resource, aliases, ttlMs: ttl && readDuration(ttl), doNotCache };
}

function readDoNotCache(reader: WireReader, earlier: boolean): boolean {
  let doNotCache = earlier;
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === DO_NOT_CACHE) doNotCache = reader.varint() !== 0;
    else reader.skip(tag);
  }
  return doNotCache;
}

function sizeOfDuration(ms: number): number {
  const { seconds, nanos } = splitDuration(ms);
  return (seconds === 0 ? 0 : 1 + sizeOfVarint(seconds)) + (nanos === 0 ? 0 : 1 + sizeOfVarint(nanos));
}

function writeDuration(writer: WireWriter, ms: number): void {
  const { seconds, nanos } = splitDuration(ms);
  if (seconds !== 0) writer.varintField(1, seconds);
  if (nanos !== 0) writer.varintField(2, nanos);
}

function splitDuration(ms: number): { readonly seconds: number; readonly nanos: number } {
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: Math.floor((ms - seconds * 1000) * 1e6) };
}

/** A duration in ms; a negative one is 0. */
function readDuration(bytes: Uint8Array): number {
  const reader = new WireReader(bytes);
  let seconds = 0;
  let nanos = 0;
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === SECONDS) seconds = reader.varint();
    else if (tag === NANOS) nanos = reader.int32();
    else reader.skip(tag);
  }
  const isNegative = seconds >= 2 ** 63 || nanos < 0;
  return isNegative ? 0 : seconds * 1000 + nanos / 1e6;
}
