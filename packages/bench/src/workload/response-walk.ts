import { type Content, NO_VERSION, type Version, versionOf } from "./content.ts";
import type { Names } from "./names.ts";
import type { ResourceWalk } from "./resource-walk.ts";
import { MalformedError, WireWalk } from "./wire-walk.ts";

const VERSION = 0x0a;
const RESOURCES = 0x12;
const TYPE_URL = 0x22;
const NONCE = 0x2a;
/** `removed_resources` and `removed_resource_names`; in SotW these numbers mean other things. */
const REMOVED = 0x32;
const REMOVED_NAME = 0x42;
const FIELD_1 = 0x0a;
const FIELD_2 = 0x12;
const FIELD_3 = 0x1a;

/**
 * Reads a `DiscoveryResponse` or, with `isDelta`, a `DeltaDiscoveryResponse`: one object, used again for every response.
 * What a fault leaves behind is as much as could be read before it.
 */
export class ResponseWalk implements Content {
  version: Version = NO_VERSION;
  count = 0;
  indexes = new Int32Array(64);
  states = new Uint32Array(64);
  readonly versions: Version[] = [];
  readonly removed: number[] = [];
  heartbeats = 0;
  digest = 0;
  fault: string | undefined;
  /** Where the nonce lies; its length is at the byte before, where it is less than 128. */
  nonceStart = -1;
  nonceEnd = -1;

  private lastVersion: Version = NO_VERSION;
  private readonly walk = new WireWalk();
  private readonly isDelta: boolean;
  private readonly needsNonce: boolean;
  private readonly resource: ResourceWalk;
  private readonly names: Names;
  private readonly typeUrl: string;

  /** @param kind `raw`: of the floor, a SotW response that needs no nonce */
  constructor(kind: "sotw" | "delta" | "raw", resource: ResourceWalk, names: Names, typeUrl: string) {
    this.isDelta = kind === "delta";
    this.needsNonce = kind !== "raw";
    this.resource = resource;
    this.names = names;
    this.typeUrl = typeUrl;
  }

  /** Never throws. */
  read(bytes: Uint8Array): void {
    this.count = 0;
    this.heartbeats = 0;
    this.digest = 0;
    this.version = NO_VERSION;
    this.fault = undefined;
    this.nonceStart = -1;
    this.nonceEnd = -1;
    if (this.versions.length > 0) this.versions.length = 0;
    if (this.removed.length > 0) this.removed.length = 0;
    this.walk.bytes = bytes;
    this.walk.pos = 0;
    try {
      this.readFields(this.walk, bytes.length);
      if (this.needsNonce && this.nonceStart === this.nonceEnd) this.fault ??= "a response has no nonce";
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.fault = error.message;
    }
  }

  private readFields(walk: WireWalk, end: number): void {
    while (walk.pos < end) {
      const tag = walk.uint(end);
      if (tag === RESOURCES) this.readResource(walk, walk.span(end));
      else if (tag === VERSION) this.version = this.takeVersion(walk, walk.span(end));
      else if (tag === NONCE) {
        this.nonceEnd = walk.span(end);
        this.nonceStart = walk.pos;
        walk.pos = this.nonceEnd;
      } else if (tag === TYPE_URL) this.checkType(walk, walk.span(end));
      else if (this.isDelta && tag === REMOVED) this.takeRemoved(walk, walk.span(end));
      else if (this.isDelta && tag === REMOVED_NAME) this.readRemovedName(walk, walk.span(end));
      else walk.skip(tag, end);
    }
  }

  private readResource(walk: WireWalk, end: number): void {
    if (this.isDelta) this.readDeltaResource(walk, end);
    else {
      this.resource.readAny(walk, end);
      if (this.resource.isHeartbeat) this.heartbeats += 1;
      else this.add(this.resource.index, this.resource.state);
    }
  }

  /** `Resource`: version 1, resource 2, name 3. */
  private readDeltaResource(walk: WireWalk, end: number): void {
    let version = NO_VERSION;
    let named: number | undefined;
    let isHeld = false;
    while (walk.pos < end) {
      const tag = walk.uint(end);
      if (tag === FIELD_2) {
        this.resource.readAny(walk, walk.span(end));
        isHeld = true;
      } else if (tag === FIELD_1) version = this.takeVersion(walk, walk.span(end));
      else if (tag === FIELD_3) {
        const spanEnd = walk.span(end);
        named = this.names.indexOf(walk.bytes, walk.pos, spanEnd);
        walk.pos = spanEnd;
      } else walk.skip(tag, end);
    }
    if (!isHeld) {
      if (named === undefined) throw new MalformedError("a resource is empty");
      this.heartbeats += 1;
      return;
    }
    if (named !== this.resource.index) this.fault ??= "a resource's wrapper names another resource than its content";
    this.versions[this.count] = version;
    this.add(this.resource.index, this.resource.state);
  }

  private add(index: number, state: number): void {
    if (this.count === this.indexes.length) this.grow();
    this.indexes[this.count] = index;
    this.states[this.count] = state;
    this.count += 1;
    this.digest = Math.imul(this.digest ^ index, 0x01000193) ^ Math.imul(state, 0x9e3779b1);
  }

  private grow(): void {
    const indexes = new Int32Array(2 * this.count);
    const states = new Uint32Array(2 * this.count);
    indexes.set(this.indexes);
    states.set(this.states);
    this.indexes = indexes;
    this.states = states;
  }

  /** The last version is likely to come again, on the next stream: it is the same object then. */
  private takeVersion(walk: WireWalk, end: number): Version {
    const start = walk.pos;
    walk.pos = end;
    const last = this.lastVersion.bytes;
    let isLast = end - start === last.length;
    for (let at = 0; isLast && at < last.length; at++) isLast = walk.bytes[start + at] === last[at];
    if (!isLast) this.lastVersion = versionOf(walk.bytes, start, end);
    return this.lastVersion;
  }

  private checkType(walk: WireWalk, end: number): void {
    const { typeUrl } = this;
    let isSame = end - walk.pos === typeUrl.length;
    for (let at = 0; isSame && at < typeUrl.length; at++) isSame = walk.bytes[walk.pos + at] === typeUrl.charCodeAt(at);
    if (!isSame) {
      const answered = Buffer.from(walk.bytes.subarray(walk.pos, end)).toString("utf8");
      this.fault ??= `a response is of type "${answered}", and ${typeUrl} was asked for`;
    }
    walk.pos = end;
  }

  private takeRemoved(walk: WireWalk, end: number): void {
    const index = this.names.indexOf(walk.bytes, walk.pos, end);
    this.removed.push(index);
    this.digest = Math.imul(this.digest ^ ~index, 0x01000193);
    walk.pos = end;
  }

  /** `ResourceName`: name 1. */
  private readRemovedName(walk: WireWalk, end: number): void {
    while (walk.pos < end) {
      const tag = walk.uint(end);
      if (tag === FIELD_1) this.takeRemoved(walk, walk.span(end));
      else walk.skip(tag, end);
    }
  }
}
