/**
 * Steps over protobuf fields with as little work as possible: no objects, no bounds that the caller knows already.
 * `end` is never stepped over; what is wrong throws {@link MalformedError} and nothing else.
 */
export class WireWalk {
  bytes: Uint8Array = NOTHING;
  pos = 0;

  /** Reads a tag or a length: 32 bits. */
  uint(end: number): number {
    const bytes = this.bytes;
    if (this.pos >= end) throw truncated(end);
    const first = bytes[this.pos++]!;
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let scale = 0x80; scale <= MAX_SCALE; scale *= 0x80) {
      if (this.pos >= end) throw truncated(end);
      const byte = bytes[this.pos++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new MalformedError(`a length or tag at byte ${this.pos} is longer than 5 bytes`);
  }

  /** Reads a length and answers where so many bytes end; they begin at `pos`. */
  span(end: number): number {
    const length = this.uint(end);
    const spanEnd = this.pos + length;
    if (spanEnd > end) throw truncated(end);
    return spanEnd;
  }

  /** Steps over the value of a field. */
  skip(tag: number, end: number): void {
    const wire = tag & 7;
    if (wire === 2) this.pos = this.span(end);
    else if (wire === 0) this.skipVarint(end);
    else if (wire === 1) this.advance(8, end);
    else if (wire === 5) this.advance(4, end);
    else throw new MalformedError(`a field at byte ${this.pos} has wire type ${wire}`);
  }

  private skipVarint(end: number): void {
    for (let count = 0; count < 10; count++) {
      if (this.pos >= end) throw truncated(end);
      if (this.bytes[this.pos++]! < 0x80) return;
    }
    throw new MalformedError(`a number at byte ${this.pos} is longer than 10 bytes`);
  }

  private advance(count: number, end: number): void {
    this.pos += count;
    if (this.pos > end) throw truncated(end);
  }
}

/** A message that can't be read: the load tester's own, caught where responses are read, and counted. */
export class MalformedError extends Error {
  override readonly name = "MalformedError";
}

const NOTHING = new Uint8Array(0);
/** Of the fifth byte of a varint. */
const MAX_SCALE = 0x80 ** 4;

function truncated(end: number): MalformedError {
  return new MalformedError(`the message ends inside a field, at byte ${end}`);
}
