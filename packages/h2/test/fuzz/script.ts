import { cut } from "../../../xds/test/fuzz/mutate.ts";
import { Flag, FrameType, frame, settingsFrame, uint32 } from "../../../xds/test/support/http2-frames.ts";
import type { Random } from "../../../xds/test/support/random.ts";
import { encodeHeaders } from "../../src/index.ts";
import type { Peer } from "./peers.ts";

type Headers = readonly (readonly [string, string])[];
type Setting = readonly [id: number, value: number];

/** What a client does, frame by frame, the same with every server. */
export class Script {
  readonly #steps: ((peer: Peer) => void | Promise<void>)[] = [];
  /** Frames that it has. */
  frames = 0;

  /** Sends a frame, or bytes that are none. */
  add(bytes: Buffer, frames = 1): this {
    this.frames += frames;
    this.#steps.push((peer) => peer.write(bytes));
    return this;
  }

  settings(...settings: readonly Setting[]): this {
    this.#steps.push((peer) => peer.view.offer(settings));
    return this.add(settingsFrame(settings));
  }

  grant(streamId: number, bytes: number): this {
    this.#steps.push((peer) => peer.view.grant(streamId, bytes));
    return this.add(frame(FrameType.WINDOW_UPDATE, 0, streamId, uint32(bytes)));
  }

  settle(): this {
    this.#steps.push((peer) => peer.settle());
    return this;
  }

  /** Plays it from where the last play ended, or from the start. */
  async play(peer: Peer, from = 0): Promise<void> {
    for (const step of this.#steps.slice(from)) await step(peer);
  }

  get length(): number {
    return this.#steps.length;
  }
}

/** The headers of a request. */
export function requestHeaders(path: string, more: Headers = []): Headers {
  return [[":method", "POST"], [":scheme", "http"], [":authority", "fuzz"], [":path", path], ...more];
}

/** HEADERS that carry a block; padding, priority and pieces as chance has it. */
export function headersFrames(random: Random, streamId: number, block: Uint8Array, isEnd: boolean): Buffer[] {
  const isPadded = random.chance(0.2);
  const hasPriority = random.chance(0.2);
  const pad = isPadded ? random.int(random.chance(0.1) ? 256 : 10) : 0;
  const priority = Buffer.concat([uint32(random.chance(0.5) ? 0 : streamId + 2), Buffer.of(random.int(256))]);
  const [first, ...rest] = random.chance(0.2)
    ? cut(random, Buffer.from(block), 1 + random.int(6))
    : [Buffer.from(block)];
  const payload = Buffer.concat([
    isPadded ? Buffer.of(pad) : Buffer.alloc(0),
    hasPriority ? priority : Buffer.alloc(0),
    first!,
    Buffer.alloc(pad),
  ]);
  const flags =
    (isEnd ? Flag.END_STREAM : 0) |
    (isPadded ? Flag.PADDED : 0) |
    (hasPriority ? Flag.PRIORITY : 0) |
    (rest.length === 0 ? Flag.END_HEADERS : 0);
  const continuations = rest.map((piece, at) =>
    frame(FrameType.CONTINUATION, at === rest.length - 1 ? Flag.END_HEADERS : 0, streamId, piece),
  );
  return [frame(FrameType.HEADERS, flags, streamId, payload), ...continuations];
}

/** DATA, padded as chance has it. @returns the frame and what it takes of the windows */
export function dataFrame(random: Random, streamId: number, body: Uint8Array, isEnd: boolean): Buffer {
  const end = isEnd ? Flag.END_STREAM : 0;
  if (random.chance(0.8)) return frame(FrameType.DATA, end, streamId, body);
  const pad = random.int(random.chance(0.1) ? 256 : 10);
  return frame(FrameType.DATA, end | Flag.PADDED, streamId, Buffer.concat([Buffer.of(pad), body, Buffer.alloc(pad)]));
}

/** Encodes headers in one of the ways that HPACK has: Huffman or not; into the dynamic table and out of it again. */
export class AnyEncoder {
  /** What went into the peer's table last, and is its entry 62. */
  #newest: readonly [string, string] | undefined;

  encode(random: Random, headers: Headers): Buffer {
    if (random.chance(0.5)) return Buffer.from(encodeHeaders(headers, { huffman: random.chance(0.5) }));
    return Buffer.concat(headers.map((header) => this.#encodeOne(random, header)));
  }

  #encodeOne(random: Random, [name, value]: readonly [string, string]): Buffer {
    const newest = this.#newest;
    if (newest?.[0] === name && newest[1] === value) return Buffer.of(0x80 | 62);
    const isIndexed = random.chance(0.5);
    const pattern = isIndexed ? 0x40 : random.pick([0, 0x10]);
    const text = literal(value);
    const hasKnownName = newest?.[0] === name;
    if (isIndexed) this.#newest = [name, value];
    if (hasKnownName) return Buffer.concat([isIndexed ? Buffer.of(0x40 | 62) : Buffer.of(pattern | 15, 62 - 15), text]);
    return Buffer.concat([Buffer.of(pattern), literal(name), text]);
  }
}

/** A text as HPACK writes it, without Huffman codes; at most 126 bytes. */
export function literal(text: string): Buffer {
  return Buffer.concat([Buffer.of(text.length), Buffer.from(text, "latin1")]);
}
