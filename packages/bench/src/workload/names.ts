import type { Workload } from "../plan/plan.ts";
import { fillTemplate, splitTemplate } from "../plan/template.ts";

/** Names of resources and the numbers that they stand for. */
export interface Names {
  /** The name of resource `index`. */
  readonly nameOf: (index: number) => string;
  /** Which resource's name (UTF-8) the bytes from `start` to `end` are; -1: of none. */
  readonly indexOf: (bytes: Uint8Array, start: number, end: number) => number;
}

/** The names of a workload's resources: made by its template, read without making a string. */
export function namesOf({ nameTemplate, count }: Pick<Workload, "nameTemplate" | "count">): Names {
  const nameOf = (i: number) => fillTemplate(nameTemplate, { i });
  const { texts, widths } = splitTemplate(nameTemplate, "i");
  if (widths.length !== 1) return listed(nameOf, count);
  const prefix = Buffer.from(texts[0]!);
  const suffix = Buffer.from(texts[1]!);
  const width = widths[0]!;
  const indexOf = (bytes: Uint8Array, start: number, end: number): number => {
    const firstDigit = start + prefix.length;
    const lastDigit = end - suffix.length;
    const digits = lastDigit - firstDigit;
    if (digits < 1 || digits > MAX_DIGITS || digits < width) return -1;
    for (let at = 0; at < prefix.length; at++) if (bytes[start + at] !== prefix[at]) return -1;
    for (let at = 0; at < suffix.length; at++) if (bytes[lastDigit + at] !== suffix[at]) return -1;
    let index = 0;
    for (let at = firstDigit; at < lastDigit; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) return -1;
      index = index * 10 + digit;
    }
    const isPadded = bytes[firstDigit] === ZERO && digits > 1 && digits > width;
    return index < count && !isPadded ? index : -1;
  };
  return { nameOf, indexOf };
}

/** Names that the server chooses: numbered as they come, up to `count`. */
export function foundNames(count: number): Names {
  const indexes = new Map<string, number>();
  const names: string[] = [];
  const indexOf = (bytes: Uint8Array, start: number, end: number): number => {
    const name = asBuffer(bytes).toString("utf8", start, end);
    const known = indexes.get(name);
    if (known !== undefined) return known;
    if (names.length >= count) return -1;
    indexes.set(name, names.length);
    return names.push(name) - 1;
  };
  return { nameOf: (index) => names[index] ?? `resource ${index}`, indexOf };
}

const MAX_DIGITS = 10;
const ZERO = 0x30;

/** A template with no number, or several: a table tells. */
function listed(nameOf: (index: number) => string, count: number): Names {
  const indexes = new Map<string, number>();
  for (let index = 0; index < count; index++) indexes.set(nameOf(index), index);
  return { nameOf, indexOf: (bytes, start, end) => indexes.get(asBuffer(bytes).toString("utf8", start, end)) ?? -1 };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
