import { isAscii, isUtf8 } from "node:buffer";
import { WireError } from "./wire-error.ts";

/** How a field's value is laid out on the wire: the low three bits of its tag. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const;

/** The tag of a field: its number and its layout. */
export function tagOf(field: number, wire: (typeof WIRE)[keyof typeof WIRE]): number {
  return ((field << 3) | wire) >>> 0;
}

/** Nesting that protobuf implementations commonly allow. */
export const MAX_DEPTH = 100;

const MAX_VARINT_BYTES = 10;
const MAX_TAG = 0xffffffff;
const SHORT = 64;

/**
 * Walks over the fields of one protobuf message, whose bytes it does not copy.
 *
 * Every method throws {@link WireError} and nothing else when the bytes are not what was asked for. A field whose
 * number is known but whose layout is not the expected one counts as unknown: compare whole tags, `skip` the rest.
 */
export class WireReader {
  readonly bytes: Buffer;
  /** The next byte to read. */
  pos: number;
  /** One past the last byte of the message. */
  readonly end: number;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.pos = start;
    this.end = end;
  }

  get hasMore(): boolean {
    return this.pos < this.end;
  }

  /** Reads a field's tag. */
  tag(): number {
    const at = this.pos;
    const tag = this.varint();
    if (tag > MAX_TAG || tag < 8) throw new WireError("BAD_TAG", at, "field numbers go from 1 to 536870911");
    return tag;
  }

  /** Reads an unsigned number; exact up to 2^53. */
  varint(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    let scale = 0x80;
    for (let count = 2; ; count++) {
      const byte = this.byte();
      if (count === MAX_VARINT_BYTES && byte > 1) throw this.overlong();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  /** Reads the low 32 bits of a varint as a signed number, as `int32` and enums are read. */
  int32(): number {
    let value = 0;
    for (let count = 1; ; count++) {
      const byte = this.byte();
      if (count === MAX_VARINT_BYTES && byte > 1) throw this.overlong();
      if (count <= 5) value |= (byte & 0x7f) << (7 * (count - 1));
      if (byte < 0x80) return value;
    }
  }

  /** Reads a `double`. */
  double(): number {
    this.need(8);
    const value = this.bytes.readDoubleLE(this.pos);
    this.pos += 8;
    return value;
  }

  /** Reads a length and steps over that many bytes; the answer is where they start, `pos` is their end. */
  span(): number {
    const length = this.varint();
    this.need(length);
    const start = this.pos;
    this.pos += length;
    return start;
  }

  /** Reads a length-delimited value, sharing memory with the message. */
  view(): Buffer {
    const start = this.span();
    return this.bytes.subarray(start, this.pos);
  }

  /** Reads an embedded message: a reader of its own, sharing memory. */
  message(): WireReader {
    const start = this.span();
    return new WireReader(this.bytes, start, this.pos);
  }

  /** Reads a string; bytes that are not UTF-8 are an error, as proto3 has it. */
  string(): string {
    const start = this.span();
    const length = this.pos - start;
    if (length === 0) return "";
    if (length <= SHORT && this.isShortAscii(start)) return this.bytes.toString("latin1", start, this.pos);
    const view = this.bytes.subarray(start, this.pos);
    if (isAscii(view)) return view.toString("latin1");
    if (!isUtf8(view)) throw new WireError("BAD_UTF8", start, "a string must be UTF-8");
    return view.toString("utf8");
  }

  /** Steps over the value of a field that is not wanted. */
  skip(tag: number): void {
    const wire = tag & 7;
    if (wire === WIRE.varint) this.varint();
    else if (wire === WIRE.bytes) this.span();
    else if (wire === WIRE.fixed64) this.advance(8);
    else if (wire === WIRE.fixed32) this.advance(4);
    else if (wire === WIRE.startGroup) this.skipGroup(tag);
    else throw this.unexpected(tag);
  }

  private skipGroup(startTag: number): void {
    const open = [startTag >>> 3];
    while (open.length > 0) {
      if (open.length > MAX_DEPTH) throw new WireError("TOO_DEEP", this.pos, `groups nest deeper than ${MAX_DEPTH}`);
      const tag = this.tag();
      const wire = tag & 7;
      if (wire === WIRE.startGroup) open.push(tag >>> 3);
      else if (wire !== WIRE.endGroup) this.skip(tag);
      else if (open.pop() !== tag >>> 3) throw new WireError("BAD_GROUP", this.pos, "a group ends that did not start");
    }
  }

  private byte(): number {
    if (this.pos >= this.end) throw new WireError("TRUNCATED", this.end, "the message ends inside a field");
    return this.bytes[this.pos++]!;
  }

  private advance(count: number): void {
    this.need(count);
    this.pos += count;
  }

  private need(count: number): void {
    const left = this.end - this.pos;
    if (count <= left) return;
    throw new WireError("TRUNCATED", this.pos, `a value of ${count} bytes, but ${left} are left`);
  }

  /** Nonces, versions and type URLs are short: a loop beats the call into native code. */
  private isShortAscii(start: number): boolean {
    for (let at = start; at < this.pos; at++) if (this.bytes[at]! >= 0x80) return false;
    return true;
  }

  private overlong(): WireError {
    return new WireError("OVERLONG_VARINT", this.pos - 1, "a varint has at most 64 bits");
  }

  private unexpected(tag: number): WireError {
    if ((tag & 7) === WIRE.endGroup) return new WireError("BAD_GROUP", this.pos, "a group ends that did not start");
    return new WireError("BAD_WIRE_TYPE", this.pos, `field ${tag >>> 3} has wire type ${tag & 7}; there are 0 to 5`);
  }
}
