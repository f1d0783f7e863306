import type { Random } from "../support/random.ts";

/** Bytes that parsers trip over. */
const awkward = [0x00, 0x01, 0x7f, 0x80, 0xff] as const;

/** Changes bytes in one to four random ways. */
export function mutate(random: Random, bytes: Buffer): Buffer {
  let mutated = bytes;
  for (let times = 1 + random.int(4); times > 0; times--) mutated = mutateOnce(random, mutated);
  return mutated;
}

function mutateOnce(random: Random, bytes: Buffer): Buffer {
  const at = random.int(bytes.length + 1);
  const to = Math.min(bytes.length, at + 1 + random.int(8));
  const [head, part, tail] = [bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(to)];
  switch (random.int(8)) {
    case 0: // flip a bit
      return part.length === 0 ? bytes : Buffer.concat([head, flipped(random, part), tail]);
    case 1: // an awkward byte
      return Buffer.concat([head, Buffer.of(random.pick(awkward)), part.subarray(1), tail]);
    case 2: // random bytes
      return Buffer.concat([head, random.bytes(part.length), tail]);
    case 3: // insert
      return Buffer.concat([head, random.bytes(1 + random.int(8)), part, tail]);
    case 4: // leave out
      return Buffer.concat([head, tail]);
    case 5: // cut off
      return head;
    case 6: // repeat, often
      return Buffer.concat([head, ...Array.from({ length: 1 + random.int(50) }, () => part), tail]);
    default: // a varint without end
      return Buffer.concat([head, Buffer.alloc(random.int(12), 0xff), part, tail]);
  }
}

function flipped(random: Random, part: Buffer): Buffer {
  const copy = Buffer.from(part);
  const at = random.int(copy.length);
  copy[at] = (copy[at] as number) ^ (1 << random.int(8));
  return copy;
}

/** Cuts bytes into up to `most` pieces, for the seams between reads. */
export function cut(random: Random, bytes: Buffer, most: number): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  while (at < bytes.length && pieces.length < most - 1) {
    const length = 1 + random.int(bytes.length - at);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  if (at < bytes.length) pieces.push(bytes.subarray(at));
  return pieces;
}
