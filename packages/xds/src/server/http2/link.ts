import type { Socket } from "node:net";
import type { Sender } from "./outbox.ts";

/**
 * What is handed to the kernel at once. It is the grain in which progress is seen: a reader is stuck when it does not
 * take this much in `evictAfterMs`. TLS holds an encrypted copy of as much.
 */
export const writeChunkBytes = 65_536;

/** Who is told how a {@link Link} keeps up. */
export interface LinkOwner {
  /** The kernel has not taken all: nothing more should be written but what must be. */
  onBusy(): void;
  /** It has. */
  onFree(): void;
}

/** The sending half of a connection's socket. Idle, it holds nothing. */
export class Link {
  readonly #socket: Socket;
  readonly #owner: LinkOwner;
  /** TLS never has done with a write before the next turn. */
  readonly #isTls: boolean;
  /** What is to be written when the kernel has taken what it has been given; `undefined`: it has taken all. */
  #waiting: Uint8Array[] | undefined = undefined;
  #waitingBytes = 0;
  #underWayBytes = 0;
  /** Who is told when all is taken. */
  #senders: Sender[] | undefined = undefined;
  #onWritten: ((error?: Error | null) => void) | undefined = undefined;
  #isEnding = false;
  /** Counts writes that the kernel took late: unchanged means no progress. */
  lateWrites = 0;
  #seenLateWrites = 0;
  #stuckSinceMs = 0;

  constructor(socket: Socket, isTls: boolean, owner: LinkOwner) {
    this.#socket = socket;
    this.#isTls = isTls;
    this.#owner = owner;
  }

  /** Bytes that the kernel has not taken. */
  get unsentBytes(): number {
    return this.#waitingBytes + this.#underWayBytes;
  }

  /** Whether it has not taken all. */
  get isBusy(): boolean {
    return this.#waiting !== undefined;
  }

  /** Since when the kernel has taken nothing of what it did not take at once, as far as whoever asks now and then can tell. */
  stuckSinceMs(nowMs: number): number {
    const isStuck = this.isBusy && this.lateWrites === this.#seenLateWrites && this.#stuckSinceMs > 0;
    if (!isStuck) this.#stuckSinceMs = this.isBusy ? nowMs : 0;
    this.#seenLateWrites = this.lateWrites;
    return this.#stuckSinceMs;
  }

  /** Writes parts, one behind the other. @returns whether nobody needs them any more */
  write(parts: readonly Uint8Array[]): boolean {
    if (this.#socket.destroyed || this.#isEnding) return true;
    const isBusy = this.#waiting !== undefined;
    if (!isBusy && parts.length === 1 && parts[0]!.length <= writeChunkBytes) {
      if (this.#hand(parts[0]!)) return true;
      this.#waiting = [];
    } else {
      this.#waiting ??= [];
      for (const part of parts) this.#wait(part);
      if (!isBusy && this.#writeWaiting()) return true;
    }
    if (!isBusy) this.#owner.onBusy();
    return false;
  }

  /** Counts bytes of a sender's that were written and not taken, until they are. */
  charge(sender: Sender, bytes: number): void {
    this.#senders ??= [];
    if (sender.unsentBytes === 0) this.#senders.push(sender);
    sender.unsentBytes += bytes;
  }

  /** Closes the connection behind what is written. */
  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    if (this.#waiting === undefined) this.#socket.end();
  }

  /** Closes it now. */
  destroy(): void {
    this.#isEnding = true;
    this.#socket.destroy();
  }

  /** Forgets what was not taken: the connection is gone. */
  drop(): void {
    this.#isEnding = true;
    this.#waiting = undefined;
    this.#waitingBytes = 0;
    this.#underWayBytes = 0;
    for (const sender of this.#discharge()) sender.onTaken(false);
  }

  #wait(part: Uint8Array): void {
    this.#waiting!.push(part);
    this.#waitingBytes += part.length;
  }

  /** Writes of what waits as much as the kernel takes. @returns whether that is all */
  #writeWaiting(): boolean {
    const waiting = this.#waiting!;
    while (waiting.length > 0) if (!this.#handNext(waiting)) return false;
    this.#waiting = undefined;
    return true;
  }

  /** Hands the kernel the next {@link writeChunkBytes} at most. */
  #handNext(waiting: Uint8Array[]): boolean {
    const chunk = nextChunk(waiting);
    let bytes = 0;
    for (const part of chunk) bytes += part.length;
    this.#waitingBytes -= bytes;
    if (chunk.length === 1) return this.#hand(chunk[0]!);
    this.#socket.cork();
    for (const part of chunk.slice(0, -1)) this.#socket.write(part);
    const last = chunk[chunk.length - 1]!;
    if (this.#isTls) this.#socket.write(last, this.#written());
    else this.#socket.write(last);
    this.#socket.uncork();
    return this.#settle(bytes);
  }

  #hand(part: Uint8Array): boolean {
    if (this.#isTls) this.#socket.write(part, this.#written());
    else this.#socket.write(part);
    return this.#settle(part.length);
  }

  /** Whether the kernel took at once what it was handed; otherwise it is to tell when it has. */
  #settle(bytes: number): boolean {
    if (this.#socket.writableLength === 0 && !this.#isTls) return true;
    this.#underWayBytes = bytes;
    if (!this.#isTls) this.#socket.write(nothing, this.#written()); // behind the others: the last to be done
    return false;
  }

  /** Made only for a connection that needs it. */
  #written(): (error?: Error | null) => void {
    this.#onWritten ??= (error) => {
      if (error || this.#waiting === undefined) return; // the socket is gone, and its 'close' event says so
      this.#underWayBytes = 0;
      this.lateWrites += 1;
      if (this.#writeWaiting()) this.#becomeFree();
    };
    return this.#onWritten;
  }

  #becomeFree(): void {
    const senders = this.#discharge();
    if (this.#isEnding) this.#socket.end();
    else this.#owner.onFree();
    for (const sender of senders) sender.onTaken(true);
  }

  #discharge(): readonly Sender[] {
    const senders = this.#senders ?? nobody;
    this.#senders = undefined;
    for (const sender of senders) sender.unsentBytes = 0;
    return senders;
  }
}

/** Takes parts off the front that are {@link writeChunkBytes} long together, at most; the last may be cut. */
function nextChunk(waiting: Uint8Array[]): Uint8Array[] {
  const chunk: Uint8Array[] = [];
  let room = writeChunkBytes;
  while (room > 0 && waiting.length > 0) {
    const first = waiting[0]!;
    if (first.length > room) {
      chunk.push(first.subarray(0, room));
      waiting[0] = first.subarray(room);
      return chunk;
    }
    chunk.push(first);
    waiting.shift();
    room -= first.length;
  }
  return chunk;
}

const nobody: readonly Sender[] = [];
const nothing = new Uint8Array(0);
