import type { ServerHttp2Stream } from "node:http2";

/**
 * What is handed to `node:http2` at once. It is the grain in which progress is seen: a reader is stuck when it does not
 * take this much in `evictAfterMs`. It also bounds what a stream can hold in native memory.
 */
export const writeChunkBytes = 65_536;

/** What waits on nearly every stream nearly always. */
const noFrames: Uint8Array[] = [];

/**
 * The frames of one stream that the kernel has not taken yet. One write is under way at a time, so that the count is
 * exact and what waits is still ours to drop. Frames are never copied: they are shared by many streams.
 */
export class SendQueue {
  /** Bytes not yet taken by the kernel. */
  queuedBytes = 0;
  /** Counts completed writes: unchanged means no progress. */
  completedWrites = 0;
  #underWayBytes = 0;
  #waiting: Uint8Array[] = noFrames;
  readonly #stream: ServerHttp2Stream;
  readonly #onWritten: (error?: Error | null) => void;

  /** @param observer told how many bytes the kernel took; never from within {@link push} */
  constructor(stream: ServerHttp2Stream, observer: { onWritten(bytes: number): void }) {
    this.#stream = stream;
    this.#onWritten = (error) => {
      if (error) return; // the stream is being closed, and its 'close' event says so
      const written = this.#underWayBytes;
      this.#underWayBytes = 0;
      this.queuedBytes -= written;
      this.completedWrites += 1;
      if (this.#waiting.length > 0) this.#writeWaiting();
      observer.onWritten(written);
    };
  }

  /** Adds a frame, and writes it at once if nothing is under way. */
  push(frame: Uint8Array): void {
    this.queuedBytes += frame.length;
    if (this.#underWayBytes === 0 && frame.length <= writeChunkBytes) {
      this.#underWayBytes = frame.length;
      this.#stream.write(frame, this.#onWritten);
      return;
    }
    if (this.#waiting === noFrames) this.#waiting = [frame];
    else this.#waiting.push(frame);
    if (this.#underWayBytes === 0) this.#writeWaiting();
  }

  /** Forgets all: the stream is gone, and node fails the write under way. Returns the bytes that were queued. */
  drop(): number {
    const { queuedBytes } = this;
    this.#waiting = noFrames;
    this.queuedBytes = 0;
    return queuedBytes;
  }

  #writeWaiting(): void {
    const first = this.#waiting[0] as Uint8Array;
    const chunk = first.length <= writeChunkBytes ? first : first.subarray(0, writeChunkBytes);
    if (chunk === first) this.#waiting.shift();
    else this.#waiting[0] = first.subarray(writeChunkBytes);
    this.#underWayBytes = chunk.length;
    this.#stream.write(chunk, this.#onWritten);
  }
}
