import type { Names } from "../workload/names.ts";
import type { Window } from "../workload/window.ts";

const NAME_TAG = 0x1a; // resource_names of SotW, resource_names_subscribe of delta: both number 3

/** The names of all resources as fields of a request, one after the other: every window is one piece of it, or two. */
export class NameFields {
  readonly bytes: Buffer;
  /** Where each begins; one more than there are names. */
  readonly starts: Uint32Array;

  constructor(names: Names, count: number) {
    const fields = Array.from({ length: count }, (_, index) => stringField(NAME_TAG, names.nameOf(index)));
    this.bytes = Buffer.concat(fields);
    this.starts = new Uint32Array(count + 1);
    fields.forEach((field, index) => {
      this.starts[index + 1] = this.starts[index]! + field.length;
    });
  }

  /** The pieces that make up a window, without the name at `outSlot` (-1: with all). */
  pieces({ start, size }: Window, outSlot = -1): Uint8Array[] {
    const ranges =
      outSlot < 0
        ? [[0, size]]
        : [
            [0, outSlot],
            [outSlot + 1, size],
          ]; // prettier-ignore
    return ranges.flatMap(([from, to]) => this.range(start + from!, start + to!));
  }

  /** Names `from` to `to`, both perhaps beyond the last, which counts on from the first. */
  private range(from: number, to: number): Uint8Array[] {
    const count = this.starts.length - 1;
    if (from >= to) return [];
    if (from >= count) return this.range(from - count, to - count);
    if (to <= count) return [this.bytes.subarray(this.starts[from], this.starts[to])];
    return [this.bytes.subarray(this.starts[from]), this.bytes.subarray(0, this.starts[to - count])];
  }
}

/** A field of a text, tag (below 16) and length included. */
export function stringField(tag: number, text: string): Buffer {
  return bytesField(tag, Buffer.from(text, "utf8"));
}

/** A field of bytes, tag (of one byte) and length included. */
export function bytesField(tag: number, bytes: Uint8Array): Buffer {
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest >= 0x80; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
  return Buffer.concat([Buffer.of(tag, ...length, rest), bytes]);
}
