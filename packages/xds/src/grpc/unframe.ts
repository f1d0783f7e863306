import type { GrpcStatus } from "../server/transport.ts";
import { prefixBytes } from "./frame.ts";
import { status } from "./status.ts";

/** What {@link Unframer.read} found. */
export type Unframed =
  | { readonly kind: "message"; readonly bytes: Uint8Array; readonly isCompressed: boolean }
  | { readonly kind: "fault"; readonly status: GrpcStatus };

/** Grows a partial body by doubling: a client that claims 4 MiB and sends ten bytes costs what it sent, not what it claimed. */
const firstBodyBytes = 1_024;

/**
 * Cuts a stream of bytes into gRPC messages.
 *
 * A message that lies within one chunk is not copied, unless it would keep a much larger chunk alive; one that spans
 * chunks is copied once, as the chunks come, so that a million one-byte chunks cost no more than one of a megabyte.
 */
export class Unframer {
  /** The largest message taken; a larger one is `RESOURCE_EXHAUSTED` as soon as its prefix is read. */
  limitBytes: number;
  readonly #isBorrowed: boolean;
  #rest: Uint8Array | undefined;
  #prefixHave = 0;
  #flag = 0;
  #body: Uint8Array | undefined;
  #bodyHave = 0;
  #bodyLength = 0;

  /** @param options `isBorrowed`: whoever pushes chunks uses them again, so that messages are copied. Default `false`. */
  constructor(limitBytes: number, { isBorrowed = false } = {}) {
    this.limitBytes = limitBytes;
    this.#isBorrowed = isBorrowed;
  }

  /** Bytes held of a message that is not yet whole. */
  get partialBytes(): number {
    return this.#prefixHave + this.#bodyHave;
  }

  /** Adds bytes. All messages of the bytes before must have been {@link read}. */
  push(chunk: Uint8Array): void {
    this.#rest = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
  }

  /** Bytes added and not yet {@link read}, which it is to forget: the chunk they are in goes. `undefined`: none. */
  takeRest(): Uint8Array | undefined {
    const rest = this.#rest;
    this.#rest = undefined;
    return rest;
  }

  /** The next message; `undefined` until more bytes come. After a fault nothing more is to be read. */
  read(): Unframed | undefined {
    const rest = this.#rest;
    if (rest === undefined) return undefined;
    if (this.#prefixHave < prefixBytes && !this.#takePrefix(rest)) return undefined;
    if (this.#body !== undefined) return this.#continueBody();
    const fault = this.#checkPrefix();
    return fault === undefined ? this.#startBody() : { kind: "fault", status: fault };
  }

  #takePrefix(rest: Uint8Array): boolean {
    const taken = Math.min(prefixBytes - this.#prefixHave, rest.length);
    for (let at = 0; at < taken; at++) this.#takePrefixByte(rest[at] as number);
    this.#advance(rest, taken);
    return this.#prefixHave === prefixBytes;
  }

  #takePrefixByte(byte: number): void {
    if (this.#prefixHave === 0) {
      this.#flag = byte;
      this.#bodyLength = 0;
    } else this.#bodyLength = this.#bodyLength * 256 + byte;
    this.#prefixHave += 1;
  }

  #checkPrefix(): GrpcStatus | undefined {
    if (this.#flag > 1) {
      return status("INTERNAL", `a message's first byte is its compressed flag, 0 or 1, and was ${this.#flag}`);
    }
    if (this.#bodyLength <= this.limitBytes) return undefined;
    const message = `the message has ${this.#bodyLength} bytes, and at most ${this.limitBytes} are taken`;
    return status("RESOURCE_EXHAUSTED", message);
  }

  #startBody(): Unframed | undefined {
    const rest = this.#rest;
    if (this.#bodyLength === 0) return this.#finish(new Uint8Array(0));
    if (rest !== undefined && rest.length >= this.#bodyLength) {
      const bytes = this.#isBorrowed
        ? new Uint8Array(rest.subarray(0, this.#bodyLength))
        : keepable(rest, this.#bodyLength);
      this.#advance(rest, this.#bodyLength);
      return this.#finish(bytes);
    }
    this.#body = new Uint8Array(Math.min(this.#bodyLength, firstBodyBytes));
    return rest === undefined ? undefined : this.#continueBody();
  }

  #continueBody(): Unframed | undefined {
    const rest = this.#rest as Uint8Array;
    const taken = Math.min(this.#bodyLength - this.#bodyHave, rest.length);
    const body = grown(this.#body as Uint8Array, this.#bodyHave, this.#bodyHave + taken, this.#bodyLength);
    body.set(taken === rest.length ? rest : rest.subarray(0, taken), this.#bodyHave);
    this.#body = body;
    this.#bodyHave += taken;
    this.#advance(rest, taken);
    return this.#bodyHave === this.#bodyLength ? this.#finish(body) : undefined;
  }

  #advance(rest: Uint8Array, taken: number): void {
    this.#rest = taken === rest.length ? undefined : rest.subarray(taken);
  }

  #finish(bytes: Uint8Array): Unframed {
    const isCompressed = this.#flag === 1;
    this.#prefixHave = 0;
    this.#body = undefined;
    this.#bodyHave = 0;
    return { kind: "message", bytes, isCompressed };
  }
}

/** The first `length` bytes as the receiver may keep them: a view, or a copy where the view would hold far more alive. */
function keepable(rest: Uint8Array, length: number): Uint8Array {
  const isSmallPart = rest.buffer.byteLength > 4 * length + 1_024;
  const view = rest.subarray(0, length);
  return isSmallPart ? new Uint8Array(view) : view; // not slice(): of a Buffer it copies nothing
}

function grown(body: Uint8Array, have: number, need: number, length: number): Uint8Array {
  if (need <= body.length) return body;
  const larger = new Uint8Array(Math.min(length, Math.max(need, 2 * body.length)));
  larger.set(body.subarray(0, have));
  return larger;
}
