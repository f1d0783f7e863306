import { mergeMessage } from "./merge.ts";
import { ReadOnce } from "./read-once.ts";
import { tagOf, WIRE, WireReader } from "./reader.ts";
import {
  type ResourceLocator,
  readResourceLocator,
  sizeOfLocatorsField,
  writeLocatorsField,
} from "./resource-locator.ts";
import { type ErrorDetail, encodeStatus, readStatus } from "./status.ts";
import { sizeOfBytesField, sizeOfStringField, sizeOfStringsField, WireWriter } from "./writer.ts";

/** A `DiscoveryRequest` as the server reads it. */
export interface SotwRequest {
  readonly versionInfo: string;
  /** `response_nonce`; empty: not an answer. */
  readonly nonce: string;
  readonly typeUrl: string;
  /** The whole subscription; `"same"`: byte for byte the names of the request passed as `previous`. */
  readonly resourceNames: readonly string[] | "same";
  /** The dynamic parameters in its `resource_locators`, whose names are among the names; `undefined`: it has none. */
  readonly parameters: ReadonlyMap<string, string> | undefined;
  /** The names as they were encoded, for recognising them in the next request. Shared by all who ask for the same; does not keep the message alive. */
  readonly namesBytes: Uint8Array;
  /** The encoded `core.v3.Node`, for `readNode`. */
  readonly node: Uint8Array | undefined;
  readonly errorDetail: ErrorDetail | undefined;
}

const VERSION_INFO = tagOf(1, WIRE.bytes);
const NODE = tagOf(2, WIRE.bytes);
const RESOURCE_NAMES = tagOf(3, WIRE.bytes);
const TYPE_URL = tagOf(4, WIRE.bytes);
const RESPONSE_NONCE = tagOf(5, WIRE.bytes);
const ERROR_DETAIL = tagOf(6, WIRE.bytes);
const LOCATORS = tagOf(7, WIRE.bytes);

/** The {@link SotwRequest.namesBytes} of a stream's last requests by type URL. */
export interface PreviousNames {
  readonly size: number;
  get(typeUrl: string): Uint8Array | undefined;
  values(): Iterable<Uint8Array>;
}

const NO_BYTES = new Uint8Array(0);
const NONE: PreviousNames = new Map<string, Uint8Array>();

/**
 * Reads a `DiscoveryRequest`. Unknown fields are stepped over.
 *
 * With `previous`, the `namesBytes` of the stream's last request by type URL, names that are the same are recognised by
 * comparing bytes and not decoded: an ACK for 1,000 names repeats 17 KB.
 *
 * @throws WireError
 */
export function readDiscoveryRequest(bytes: Uint8Array, previous: PreviousNames = NONE): SotwRequest {
  const reader = new WireReader(bytes);
  const names = new NamesRegion(reader, previous.size === 0 ? NO_CANDIDATES : [...previous.values()]);
  let versionInfo = "";
  let nonce = "";
  let typeUrl = "";
  let node: Uint8Array | undefined;
  let status: Uint8Array | undefined;
  while (reader.hasMore) {
    const start = reader.pos;
    const tag = reader.tag();
    if (tag === RESOURCE_NAMES || tag === LOCATORS) names.take(start);
    else if (tag === VERSION_INFO) versionInfo = reader.string();
    else if (tag === RESPONSE_NONCE) nonce = reader.string();
    else if (tag === TYPE_URL) typeUrl = reader.string();
    else if (tag === ERROR_DETAIL) status = mergeMessage(status, reader.view());
    else if (tag === NODE) node = mergeMessage(node, reader.view());
    else reader.skip(tag);
  }
  const errorDetail = status && readStatus(status);
  const region = names.finish();
  const known = previous.get(typeUrl); // another type may have the very same names
  if (known && (known === region || Buffer.compare(known, region) === 0)) {
    const resourceNames = "same";
    return { versionInfo, nonce, typeUrl, resourceNames, parameters: undefined, namesBytes: known, node, errorDetail };
  }
  const { value, bytes: namesBytes } = sharedNames.get(region);
  const { resourceNames, parameters } = value;
  return { versionInfo, nonce, typeUrl, resourceNames, parameters, namesBytes, node, errorDetail };
}

const NO_CANDIDATES: readonly Uint8Array[] = [];

/** The fields that hold names: usually one stretch of the message, often equal to that of an earlier request. */
class NamesRegion {
  private readonly reader: WireReader;
  private readonly candidates: readonly Uint8Array[];
  private readonly earlier: Uint8Array[] = [];
  private matched: Uint8Array | undefined;
  private start = 0;
  private end = 0;

  constructor(reader: WireReader, candidates: readonly Uint8Array[]) {
    this.reader = reader;
    this.candidates = candidates;
  }

  /** Steps over a name whose tag began at `tagStart`, or over all of them at once if they are known ones. */
  take(tagStart: number): void {
    if (this.end === 0) {
      this.matched = this.knownAt(tagStart);
      if (this.matched) {
        this.start = tagStart;
        this.end = this.reader.pos = tagStart + this.matched.length;
        return;
      }
    }
    this.reader.span();
    if (this.end !== tagStart) {
      if (this.end > 0) this.earlier.push(this.reader.bytes.subarray(this.start, this.end));
      this.start = tagStart;
    }
    this.end = this.reader.pos;
  }

  /** The names' bytes: the known object itself if equal, else a view of the message or a copy. */
  finish(): Uint8Array {
    const last = this.reader.bytes.subarray(this.start, this.end);
    const all = this.earlier.length === 0 ? last : Buffer.concat([...this.earlier, last]);
    if (all.length === 0) return NO_BYTES;
    if (this.matched?.length === all.length) return this.matched;
    for (const known of this.candidates) if (all.equals(known)) return known;
    return all;
  }

  /** The longest of the known names that the message holds here: a shorter one may be only its beginning. */
  private knownAt(tagStart: number): Uint8Array | undefined {
    const { reader } = this;
    let longest: Uint8Array | undefined;
    for (const known of this.candidates) {
      const length = known.length;
      if (length <= (longest?.length ?? 0) || tagStart + length > reader.end) continue;
      if (reader.bytes.compare(known, 0, length, tagStart, tagStart + length) === 0) longest = known;
    }
    return longest;
  }
}

const sharedNames = new ReadOnce(readNames);

function readNames(region: Uint8Array): Pick<SotwRequest, "resourceNames" | "parameters"> {
  const resourceNames: string[] = [];
  let parameters: ReadonlyMap<string, string> | undefined;
  const reader = new WireReader(region);
  while (reader.hasMore) {
    if (reader.tag() === RESOURCE_NAMES) {
      resourceNames.push(reader.string());
      continue;
    }
    const locator = readResourceLocator(reader.message());
    resourceNames.push(locator.name);
    parameters ??= locator.parameters;
  }
  return { resourceNames, parameters };
}

/** A `DiscoveryRequest` as a client writes it. */
export interface SotwRequestToWrite {
  readonly typeUrl: string;
  readonly versionInfo?: string | undefined;
  readonly nonce?: string | undefined;
  readonly resourceNames?: readonly string[] | undefined;
  /** Names with dynamic parameters. */
  readonly locators?: readonly ResourceLocator[] | undefined;
  /** An encoded `core.v3.Node`. */
  readonly node?: Uint8Array | undefined;
  readonly errorDetail?: ErrorDetail | undefined;
}

/** Encodes a `DiscoveryRequest`. */
export function writeDiscoveryRequest(request: SotwRequestToWrite): Uint8Array {
  const { typeUrl, versionInfo = "", nonce = "", resourceNames = [], locators = [], node } = request;
  const status = request.errorDetail && encodeStatus(request.errorDetail);
  const writer = new WireWriter(
    sizeOfStringField(versionInfo) +
      (node ? sizeOfBytesField(node.length) : 0) +
      sizeOfStringsField(resourceNames) +
      sizeOfStringField(typeUrl) +
      sizeOfStringField(nonce) +
      (status ? sizeOfBytesField(status.length) : 0) +
      sizeOfLocatorsField(locators),
  );
  writer.stringField(1, versionInfo);
  if (node) writer.bytesField(2, node);
  writer.stringsField(3, resourceNames);
  writer.stringField(4, typeUrl);
  writer.stringField(5, nonce);
  if (status) writer.bytesField(6, status);
  writeLocatorsField(writer, 7, locators);
  return writer.finish();
}
