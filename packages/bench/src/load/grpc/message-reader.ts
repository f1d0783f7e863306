import { borrowBuffer, returnBuffer } from "./assembly-buffers.ts";

/** Bytes of gRPC's message prefix: a flag and the length, big endian. */
export const messagePrefixBytes = 5;

/** Who takes what a {@link MessageReader} finds. */
export interface MessageSink {
  /** The largest message taken, bytes. */
  readonly maxMessageBytes: number;
  /** Whether nothing more is wanted: asked after each message. */
  readonly isOver: boolean;
  /** A message: a view that is valid during the call only. */
  onMessage(message: Buffer): void;
  /** The bytes are no messages that can be taken, and why. Nothing more is to be read. */
  onBadMessage(fault: string): void;
}

/** A message of which the rest is still to come: its prefix, then its body. */
interface Partial {
  bytes: Buffer;
  have: number;
}

/**
 * Cuts a stream of bytes into gRPC messages. One that lies within a chunk is not copied; one that spans chunks is put
 * together in a buffer of a common stock, which grows with what came, not with what was promised. Between messages it holds
 * nothing.
 */
export class MessageReader {
  #partial: Partial | undefined;

  /** Takes the bytes of `chunk` from `start` to `end`. */
  read(chunk: Buffer, start: number, end: number, sink: MessageSink): void {
    let at = start;
    while (at < end && !sink.isOver) {
      at =
        this.#partial === undefined
          ? this.#readWhole(chunk, at, end, sink)
          : this.#readRest(this.#partial, chunk, at, end, sink);
    }
  }

  /** Forgets a message that was begun. */
  drop(): void {
    if (this.#partial !== undefined) returnBuffer(this.#partial.bytes);
    this.#partial = undefined;
  }

  #readWhole(chunk: Buffer, at: number, end: number, sink: MessageSink): number {
    const bodyAt = at + messagePrefixBytes;
    const bodyEnd = bodyAt <= end ? bodyAt + lengthIn(chunk, at) : Number.POSITIVE_INFINITY;
    if (bodyAt <= end && !isTakable(chunk, at, sink)) return end;
    if (bodyEnd > end) {
      this.#partial = { bytes: borrowBuffer(end - at), have: 0 };
      append(this.#partial, chunk, at, end);
      return end;
    }
    sink.onMessage(chunk.subarray(bodyAt, bodyEnd));
    return bodyEnd;
  }

  #readRest(partial: Partial, chunk: Buffer, start: number, end: number, sink: MessageSink): number {
    let at = start;
    if (partial.have < messagePrefixBytes) {
      const prefixEnd = Math.min(end, at + messagePrefixBytes - partial.have);
      append(partial, chunk, at, prefixEnd);
      at = prefixEnd;
      if (partial.have < messagePrefixBytes) return at;
      if (!isTakable(partial.bytes, 0, sink)) return end;
    }
    const total = messagePrefixBytes + lengthIn(partial.bytes, 0);
    const bodyEnd = Math.min(end, at + total - partial.have);
    append(partial, chunk, at, bodyEnd);
    if (partial.have < total) return bodyEnd;
    this.#partial = undefined;
    sink.onMessage(partial.bytes.subarray(messagePrefixBytes, total));
    returnBuffer(partial.bytes);
    return bodyEnd;
  }
}

function append(partial: Partial, chunk: Buffer, start: number, end: number): void {
  const have = partial.have + end - start;
  if (have > partial.bytes.length) {
    const larger = borrowBuffer(Math.max(have, 2 * partial.bytes.length));
    larger.set(partial.bytes.subarray(0, partial.have));
    returnBuffer(partial.bytes);
    partial.bytes = larger;
  }
  partial.bytes.set(chunk.subarray(start, end), partial.have);
  partial.have = have;
}

function lengthIn(bytes: Buffer, at: number): number {
  return bytes[at + 1]! * 2 ** 24 + ((bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!);
}

function isTakable(bytes: Buffer, at: number, sink: MessageSink): boolean {
  const flag = bytes[at]!;
  const length = lengthIn(bytes, at);
  if (flag === 1)
    sink.onBadMessage("sent a compressed message, though none was asked for: turn compression off in the server");
  else if (flag !== 0) sink.onBadMessage(`sent a message whose first byte is ${flag}, and gRPC knows 0 and 1`);
  else if (length > sink.maxMessageBytes) {
    sink.onBadMessage(
      `sent a message of ${length} bytes, and at most ${sink.maxMessageBytes} are taken (maxMessageBytes)`,
    );
  } else return true;
  return false;
}
