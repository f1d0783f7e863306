import { remember } from "../../remember.ts";
import type { Link } from "./link.ts";
import { toWorker } from "./records.ts";

/** A frame for one stream goes through the ring if it is at most this large, bytes: cheaper than sharing it. */
const MOST_INLINE_BYTES = 16 * 1024;
/** The same of a frame for several streams. */
const MOST_INLINE_SHARED_BYTES = 1024;
/** Streams named by one record. */
const STREAMS_PER_RECORD = 4_096;
/** Streams gathered before the worker is told, though the turn goes on: it can begin to write. */
const STREAMS_PER_FLUSH = 1_024;
/** Frames that a worker is known to have, and their bytes. */
const MOST_SLOTS = 256;
const MOST_SLOT_BYTES = 32 * 1024 * 1024;
/** A frame that was not used for so long is forgotten, ms. */
const SLOT_IDLE_MS = 10_000;

const shared = new WeakMap<Uint8Array, SharedArrayBuffer>();

/** Who is sent a frame. */
export interface Receiver {
  readonly handle: number;
  /** The last group of frames that it was put into: what it is sent next may not go into an earlier one. */
  lastGroup: number;
}

interface Group {
  readonly serial: number;
  readonly frame: Uint8Array;
  readonly handles: number[];
}

interface Slot {
  readonly index: number;
  readonly bytes: number;
  usedAtMs: number;
}

/**
 * Gathers what is sent to the streams of one worker, and tells it once for each frame: the frame, and to which streams.
 * A stream gets its frames in the order in which they were added.
 */
export class FanOut {
  readonly #link: Link;
  readonly #slots = new Map<Uint8Array, Slot>();
  readonly #free: number[] = [];
  #slotBytes = 0;
  #groups: Group[] = [];
  #groupByFrame = new Map<Uint8Array, Group>();
  #lastSerial = 0;
  #gathered = 0;

  constructor(link: Link) {
    this.#link = link;
  }

  /** Sends a frame to a stream, with the end of this turn at the latest. The bytes are shared, and must not be changed. */
  add(receiver: Receiver, frame: Uint8Array): void {
    const known = this.#groupByFrame.get(frame);
    const group = known && known.serial >= receiver.lastGroup ? known : this.#openGroup(frame);
    group.handles.push(receiver.handle);
    receiver.lastGroup = group.serial;
    this.#gathered += 1;
    if (this.#gathered >= STREAMS_PER_FLUSH) this.flush();
    this.#link.flushSoon();
  }

  /** Puts what was gathered into the link; what is put there next comes behind it. */
  flush(): void {
    if (this.#gathered === 0) return;
    const groups = this.#groups;
    this.#groups = [];
    this.#groupByFrame = new Map();
    this.#gathered = 0;
    for (const { frame, handles } of groups) this.#send(frame, handles);
  }

  /** Has the worker forget frames that were not used for a while. */
  sweep(nowMs: number): void {
    for (const [frame, slot] of this.#slots) {
      if (nowMs - slot.usedAtMs < SLOT_IDLE_MS) return; // the others were used later
      this.#forget(frame, slot);
    }
  }

  #openGroup(frame: Uint8Array): Group {
    this.#lastSerial += 1;
    const group: Group = { serial: this.#lastSerial, frame, handles: [] };
    this.#groups.push(group);
    this.#groupByFrame.set(frame, group);
    return group;
  }

  #send(frame: Uint8Array, handles: readonly number[]): void {
    const mostInline = handles.length === 1 ? MOST_INLINE_BYTES : MOST_INLINE_SHARED_BYTES;
    const isInline = frame.length <= mostInline && !this.#slots.has(frame);
    for (let at = 0; at < handles.length; at += STREAMS_PER_RECORD) {
      const some = handles.slice(at, at + STREAMS_PER_RECORD);
      const ids = new Uint8Array(Uint32Array.from(some).buffer);
      if (isInline) this.#link.put(toWorker.sendInline, some.length, 0, ids, frame);
      else this.#link.put(toWorker.sendSlot, this.#slotOf(frame), 0, ids);
    }
  }

  #slotOf(frame: Uint8Array): number {
    const known = this.#slots.get(frame);
    const slot = known ?? this.#fill(frame);
    slot.usedAtMs = performance.now();
    this.#slots.delete(frame);
    this.#slots.set(frame, slot); // in order of use
    return slot.index;
  }

  #fill(frame: Uint8Array): Slot {
    for (const [oldest, slot] of this.#slots) {
      if (this.#slots.size < MOST_SLOTS && this.#slotBytes + frame.length <= MOST_SLOT_BYTES) break;
      this.#forget(oldest, slot);
    }
    const slot: Slot = { index: this.#free.pop() ?? this.#slots.size, bytes: frame.length, usedAtMs: 0 };
    this.#slotBytes += frame.length;
    this.#link.put(toWorker.setSlot, slot.index, 0, undefined, undefined, sharedBytesOf(frame));
    return slot;
  }

  #forget(frame: Uint8Array, { index, bytes }: Slot): void {
    this.#slots.delete(frame);
    this.#free.push(index);
    this.#slotBytes -= bytes;
    this.#link.put(toWorker.clearSlot, index, 0);
  }
}

/** A frame in shared memory: copied once for all workers, and collected with the frame. */
function sharedBytesOf(frame: Uint8Array): SharedArrayBuffer {
  return remember(shared, frame, () => {
    const memory = new SharedArrayBuffer(frame.length);
    new Uint8Array(memory).set(frame);
    return memory;
  });
}
