import { prefixBytes, writePrefix } from "../grpc/frame.ts";
import { WIRE } from "./reader.ts";

/** Bytes that a varint takes. */
export function sizeOfVarint(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

/** Bytes that a field of `length` bytes takes, with its tag (numbers up to 15) and length. */
export function sizeOfBytesField(length: number): number {
  return 1 + sizeOfVarint(length) + length;
}

/** Bytes that a string field takes; an empty one is not written. */
export function sizeOfStringField(value: string): number {
  return value === "" ? 0 : sizeOfBytesField(Buffer.byteLength(value));
}

/** Bytes that a repeated string field takes; empty strings are written. */
export function sizeOfStringsField(values: readonly string[]): number {
  let size = 0;
  for (const value of values) size += sizeOfBytesField(Buffer.byteLength(value));
  return size;
}

/**
 * Writes the fields of a message into memory of a size computed before: one allocation, no growth.
 *
 * Field numbers go up to 15, so that a tag is one byte.
 */
export class WireWriter {
  readonly bytes: Buffer<ArrayBuffer>;
  private pos: number;

  /** @param isFramed whether the gRPC prefix comes first, in the same memory. */
  constructor(size: number, isFramed = false) {
    const start = isFramed ? prefixBytes : 0;
    this.bytes = Buffer.allocUnsafeSlow(start + size); // slow: not from the pool, whose slab a cached response would pin
    this.pos = start;
    if (isFramed) writePrefix(this.bytes, size);
  }

  /** The bytes, once all announced ones are written; a `Buffer`, since sockets wrap any other array anew. */
  finish(): Buffer<ArrayBuffer> {
    if (this.pos === this.bytes.length) return this.bytes;
    throw new RangeError(`a message of ${this.bytes.length} bytes was announced, ${this.pos} were written`);
  }

  varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.pos++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.pos++] = rest;
  }

  /** A varint field, also if zero. */
  varintField(field: number, value: number): void {
    this.bytes[this.pos++] = (field << 3) | WIRE.varint;
    this.varint(value);
  }

  doubleField(field: number, value: number): void {
    this.bytes[this.pos++] = (field << 3) | WIRE.fixed64;
    this.pos = this.bytes.writeDoubleLE(value, this.pos);
  }

  /** The tag and length of a field whose `length` bytes are written next. */
  header(field: number, length: number): void {
    this.bytes[this.pos++] = (field << 3) | WIRE.bytes;
    this.varint(length);
  }

  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.pos);
    this.pos += bytes.length;
  }

  bytesField(field: number, bytes: Uint8Array): void {
    this.header(field, bytes.length);
    this.raw(bytes);
  }

  /** A string field; an empty one is left out, as proto3 does. */
  stringField(field: number, value: string): void {
    if (value !== "") this.stringElement(field, value);
  }

  /** A repeated string field; empty strings are elements like others. */
  stringsField(field: number, values: readonly string[]): void {
    for (const value of values) this.stringElement(field, value);
  }

  private stringElement(field: number, value: string): void {
    this.header(field, Buffer.byteLength(value));
    this.pos += this.bytes.write(value, this.pos, "utf8");
  }
}
