import type { Workload } from "../plan/plan.ts";
import type { Content } from "./content.ts";
import { foundNames, type Names, namesOf } from "./names.ts";
import { typeUrlOf } from "./resource-json.ts";
import { resourceWalk } from "./resource-walk.ts";
import { ResponseWalk } from "./response-walk.ts";

/** Responses that are remembered to recognise the same bytes on the next stream. */
const MAX_REMEMBERED = 4;
/** Bytes of one that are remembered at most. */
const MAX_REMEMBERED_BYTES = 8 * 1024 * 1024;
/** So many responses in a row that were not recognised, and only each 16th is remembered: streams differ. */
const MAX_MISSES = 64;

interface Remembered {
  readonly bytes: Buffer;
  readonly content: Content;
  readonly nonceStart: number;
  readonly nonceEnd: number;
}

/**
 * Reads responses. Most are, but for the nonce, the bytes that another stream got a moment ago: a comparison tells (about
 * 1 µs for 10 KB), and what was read then holds.
 */
export class ResponseReader {
  readonly names: Names;
  /** Where the nonce of the last response read lies in its bytes; both -1: it has none. */
  nonceStart = -1;
  nonceEnd = -1;

  private readonly walk: ResponseWalk;
  /** Newest use first. */
  private readonly remembered: Remembered[] = [];
  private misses = 0;

  constructor(workload: Workload, kind: "sotw" | "delta" | "raw") {
    const isFound = workload.recognise === "bytes" && workload.subscribe === "wildcard";
    this.names = isFound ? foundNames(workload.count) : namesOf(workload);
    this.walk = new ResponseWalk(kind, resourceWalk(workload, this.names), this.names, typeUrlOf(workload));
  }

  /** Reads a response; what is wrong with it is told in `fault`. The content holds until the next call. */
  read(bytes: Buffer): Content {
    for (let at = 0; at < this.remembered.length; at++) {
      const candidate = this.remembered[at]!;
      if (!this.isLike(bytes, candidate)) continue;
      this.misses = 0;
      if (at > 0) {
        this.remembered.splice(at, 1);
        this.remembered.unshift(candidate);
      }
      return candidate.content;
    }
    this.misses += 1;
    const { walk } = this;
    walk.read(bytes);
    this.nonceStart = walk.nonceStart;
    this.nonceEnd = walk.nonceEnd;
    const isWorthIt = this.misses <= MAX_MISSES || this.misses % 16 === 0;
    return isWorthIt && walk.fault === undefined && bytes.length <= MAX_REMEMBERED_BYTES ? this.remember(bytes) : walk;
  }

  private remember(bytes: Buffer): Content {
    const { version, count, heartbeats, digest, fault, nonceStart, nonceEnd } = this.walk;
    const content: Content = {
      version,
      count,
      indexes: this.walk.indexes.slice(0, count),
      states: this.walk.states.slice(0, count),
      versions: [...this.walk.versions],
      removed: [...this.walk.removed],
      heartbeats,
      digest,
      fault,
    };
    if (nonceEnd - nonceStart >= 0x80) return content;
    if (this.remembered.length === MAX_REMEMBERED) this.remembered.pop();
    this.remembered.unshift({ bytes: Buffer.from(bytes), content, nonceStart, nonceEnd });
    return content;
  }

  /** Whether the bytes differ from remembered ones in the nonce only; then says where theirs lies. */
  private isLike(bytes: Buffer, { bytes: known, nonceStart, nonceEnd }: Remembered): boolean {
    if (nonceStart < 0) {
      this.nonceStart = -1;
      this.nonceEnd = -1;
      return bytes.equals(known);
    }
    const length = bytes[nonceStart - 1]!;
    const shift = length - (nonceEnd - nonceStart);
    if (length >= 0x80 || bytes.length !== known.length + shift) return false;
    if (bytes.compare(known, 0, nonceStart - 1, 0, nonceStart - 1) !== 0) return false;
    const end = nonceStart + length;
    if (end < bytes.length && bytes.compare(known, nonceEnd, known.length, end, bytes.length) !== 0) return false;
    this.nonceStart = nonceStart;
    this.nonceEnd = end;
    return true;
  }
}
