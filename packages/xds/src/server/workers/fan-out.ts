import { SharedMessage } from "@fairlead/h2";
import { remember } from "../../remember.ts";
import type { Link } from "./link.ts";
import { toWorker } from "./records.ts";

/** A frame for one stream goes through the ring if it is at most this large, bytes: cheaper than sharing it. */
const MOST_INLINE_BYTES = 16 * 1024;
/** The same of a frame for several streams. */
const MOST_INLINE_SHARED_BYTES = 1024;
/** Streams named by one record. */
const STREAMS_PER_RECORD = 4_096;
/** Streams gathered before the worker is told, though the turn goes on: it writes to them while the next ones are gathered. */
const STREAMS_PER_FLUSH = 64;
/** Frames that a worker is known to have, and their bytes. */
const MOST_SLOTS = 256;
const MOST_SLOT_BYTES = 32 * 1024 * 1024;
/** A frame that was not used for so long is forgotten, ms. */
const SLOT_IDLE_MS = 10_000;

/** What is sent: the same object for many streams is sent once. */
type Message = SharedMessage | Uint8Array;

const shared = new WeakMap<Message, SharedArrayBuffer>();

/** Who is sent a frame. */
export interface Receiver {
  readonly handle: number;
  /** The last group of frames that it was put into: what it is sent next may not go into an earlier one. */
  lastGroup: number;
}

interface Group {
  readonly serial: number;
  readonly message: Message;
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
  readonly #slots = new Map<Message, Slot>();
  readonly #free: number[] = [];
  #slotBytes = 0;
  #groups: Group[] = [];
  #groupByMessage = new Map<Message, Group>();
  #lastSerial = 0;
  #gathered = 0;

  constructor(link: Link) {
    this.#link = link;
  }

  /** Sends a frame to a stream, with the end of this turn at the latest. The bytes are shared, and must not be changed. */
  add(receiver: Receiver, message: Message): void {
    const known = this.#groupByMessage.get(message);
    const group = known && known.serial >= receiver.lastGroup ? known : this.#openGroup(message);
    group.handles.push(receiver.handle);
    receiver.lastGroup = group.serial;
    this.#gathered += 1;
    if (this.#gathered >= STREAMS_PER_FLUSH) this.#link.flush();
    else this.#link.flushSoon();
  }

  /** Puts what was gathered into the link; what is put there next comes behind it. */
  flush(): void {
    if (this.#gathered === 0) return;
    const groups = this.#groups;
    this.#groups = [];
    this.#groupByMessage = new Map();
    this.#gathered = 0;
    for (const { message, handles } of groups) this.#send(message, handles);
  }

  /** Has the worker forget frames that were not used for a while. */
  sweep(nowMs: number): void {
    for (const [message, slot] of this.#slots) {
      if (nowMs - slot.usedAtMs < SLOT_IDLE_MS) return; // the others were used later
      this.#forget(message, slot);
    }
  }

  #openGroup(message: Message): Group {
    this.#lastSerial += 1;
    const group: Group = { serial: this.#lastSerial, message, handles: [] };
    this.#groups.push(group);
    this.#groupByMessage.set(message, group);
    return group;
  }

  #send(message: Message, handles: readonly number[]): void {
    const mostInline = handles.length === 1 ? MOST_INLINE_BYTES : MOST_INLINE_SHARED_BYTES;
    const isInline = message.length <= mostInline && !this.#slots.has(message);
    for (let at = 0; at < handles.length; at += STREAMS_PER_RECORD) {
      const some = handles.slice(at, at + STREAMS_PER_RECORD);
      const ids = new Uint8Array(Uint32Array.from(some).buffer);
      if (isInline) this.#link.put(toWorker.sendInline, some.length, 0, ids, bytesOf(message));
      else this.#link.put(toWorker.sendSlot, this.#slotOf(message), 0, ids);
    }
  }

  #slotOf(message: Message): number {
    const known = this.#slots.get(message);
    const slot = known ?? this.#fill(message);
    slot.usedAtMs = performance.now();
    this.#slots.delete(message);
    this.#slots.set(message, slot); // in order of use
    return slot.index;
  }

  #fill(message: Message): Slot {
    for (const [oldest, slot] of this.#slots) {
      if (this.#slots.size < MOST_SLOTS && this.#slotBytes + message.length <= MOST_SLOT_BYTES) break;
      this.#forget(oldest, slot);
    }
    const slot: Slot = { index: this.#free.pop() ?? this.#slots.size, bytes: message.length, usedAtMs: 0 };
    this.#slotBytes += message.length;
    this.#link.put(toWorker.setSlot, slot.index, 0, undefined, undefined, sharedBytesOf(message));
    return slot;
  }

  #forget(message: Message, { index, bytes }: Slot): void {
    this.#slots.delete(message);
    this.#free.push(index);
    this.#slotBytes -= bytes;
    this.#link.put(toWorker.clearSlot, index, 0);
  }
}

/** A frame in shared memory: copied once for all workers, and collected with the frame. */
function sharedBytesOf(message: Message): SharedArrayBuffer {
  return remember(shared, message, () => {
    const memory = new SharedArrayBuffer(message.length);
    new Uint8Array(memory).set(bytesOf(message));
    return memory;
  });
}

function bytesOf(message: Message): Uint8Array {
  return message instanceof SharedMessage ? message.bytes : message;
}
