import { MessageChannel, type MessagePort, receiveMessageOnPort, type Transferable } from "node:worker_threads";
import { mostBytesPerRecord, RingReader, RingWriter, ringMemory } from "./ring.ts";

/** Size of each ring, bytes: some 4,000 ACKs. What does not fit waits with its writer. */
const RING_BYTES = 512 * 1024;
/** Bytes read in one turn of the event loop: what else is at hand there comes in between. */
const BATCH_BYTES = 64 * 1024;
/**
 * Records read in one turn even if they have more bytes than that, 2 MiB at most: each poll of an Envoy has 80 KB, and would else
 * take a turn for itself.
 */
const BATCH_RECORDS = 16;
/** Bytes that are under way beside the ring above which the link counts as full. */
const MOST_ATTACHED_BYTES = 16 * 1024 * 1024;

/** What an end of a link is made of; it can be passed to a thread. */
export interface LinkEnd {
  readonly out: Lane;
  readonly in: Lane;
  readonly bell: MessagePort;
}

/** One direction: a ring, and a port for what is too large for it. */
interface Lane {
  readonly memory: SharedArrayBuffer;
  readonly port: MessagePort;
  /** Bytes posted to the port and not yet taken from it. */
  readonly attachedBytes: Int32Array;
}

/** What is handed over beside the ring: moved, or shared if it is shared memory. */
export type Attachment = ArrayBuffer | SharedArrayBuffer;

/** Bytes as an attachment: copied, since they may be part of something else. */
export function attachmentOf(bytes: Uint8Array): ArrayBuffer {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy.buffer;
}

/** Who is at an end of a link. */
export interface LinkHandler {
  /** A record came. What it throws goes to {@link onFault}. `bytes` are the receiver's to keep. */
  onRecord(kind: number, a: number, b: number, bytes: Uint8Array): void;
  /** About to show the other end what was put: the last moment to put what was gathered. */
  beforeFlush(): void;
  /** The other end keeps up again, after {@link Link.isBacklogged}. */
  onRoom(): void;
  onFault(error: unknown): void;
}

interface Waiting {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly first: Uint8Array | undefined;
  readonly second: Uint8Array | undefined;
  readonly attachment: Attachment | undefined;
}

/** Two ends, joined. */
export function createLink(): readonly [LinkEnd, LinkEnd] {
  const bells = new MessageChannel();
  const [hereOut, thereIn] = createLane();
  const [thereOut, hereIn] = createLane();
  return [
    { out: hereOut, in: hereIn, bell: bells.port1 },
    { out: thereOut, in: thereIn, bell: bells.port2 },
  ];
}

/** What has to be listed as moved when an end is passed to a thread. */
export function portsOf({ out, in: inward, bell }: LinkEnd): MessagePort[] {
  return [out.port, inward.port, bell];
}

function createLane(): readonly [Lane, Lane] {
  const { port1, port2 } = new MessageChannel();
  const memory = ringMemory(RING_BYTES);
  const attachedBytes = new Int32Array(new SharedArrayBuffer(4));
  return [
    { memory, attachedBytes, port: port1 },
    { memory, attachedBytes, port: port2 },
  ];
}

/**
 * One end of a link between two threads: records in order, both ways, none lost.
 *
 * What was put in one turn of the event loop is shown to the other end at once, which is woken only if it sleeps. While
 * the ring is full, records wait here: whoever puts them sees {@link isBacklogged}, and puts no more than it must.
 */
export class Link {
  readonly #handler: LinkHandler;
  readonly #end: LinkEnd;
  readonly #writer: RingWriter;
  readonly #reader: RingReader;
  readonly #mostBytes: number;
  #waiting: Waiting[] = [];
  #visitedInTurn = 0;
  #isFlushing = false;
  #isClosed = false;

  constructor(end: LinkEnd, handler: LinkHandler) {
    this.#end = end;
    this.#handler = handler;
    this.#writer = new RingWriter(end.out.memory);
    this.#reader = new RingReader(end.in.memory);
    this.#mostBytes = mostBytesPerRecord(end.out.memory);
    end.bell.on("message", () => this.#onBell());
    this.#readSoon(); // not at once: its owner is being made
  }

  /** Most bytes that a record may have; more go as an attachment. */
  get mostBytes(): number {
    return this.#mostBytes;
  }

  /** Whether records wait here, since the other end does not keep up. */
  get isBacklogged(): boolean {
    return this.#waiting.length > 0;
  }

  /** Whether the other end is behind by so much that it should not get new work: half of the ring. */
  get isBehind(): boolean {
    return this.isBacklogged || this.#writer.unreadBytes > RING_BYTES / 2;
  }

  /**
   * Sends a record, with the end of this turn at the latest. Neither blocks nor fails.
   *
   * @param attachment passed beside the ring; the receiver of the record gets it by {@link takeAttachment}
   */
  put(kind: number, a: number, b: number, first?: Uint8Array, second?: Uint8Array, attachment?: Attachment): void {
    if (this.#isClosed) return;
    this.#flushSoon();
    if (this.isBacklogged || !this.#write(kind, a, b, first, second, attachment))
      this.#waiting.push({ kind, a, b, first, second, attachment });
  }

  /** Has what was gathered sent with the end of this turn. */
  flushSoon(): void {
    this.#flushSoon();
  }

  /** Sends what was put and gathered so far, and not only with the end of this turn. */
  flush(): void {
    this.#flush();
  }

  /** What came with the record that is being visited. */
  takeAttachment(): Attachment {
    const { port, attachedBytes } = this.#end.in;
    const received = receiveMessageOnPort(port) as { readonly message: Attachment };
    Atomics.sub(attachedBytes, 0, received.message.byteLength);
    return received.message;
  }

  /** Sends and hears nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
    for (const port of portsOf(this.#end)) port.close();
  }

  #write(
    kind: number,
    a: number,
    b: number,
    first: Uint8Array | undefined,
    second: Uint8Array | undefined,
    attachment: Attachment | undefined,
  ): boolean {
    if (attachment === undefined) return this.#writer.put(kind, a, b, first, second);
    if (!this.#hasRoom((first?.length ?? 0) + (second?.length ?? 0), attachment)) return false;
    const { port, attachedBytes } = this.#end.out;
    Atomics.add(attachedBytes, 0, attachment.byteLength);
    const moved: Transferable[] = attachment instanceof ArrayBuffer ? [attachment] : [];
    port.postMessage(attachment, moved); // before the record: it is there when the record is
    return this.#writer.put(kind, a, b, first, second);
  }

  #hasRoom(bytes: number, attachment: Attachment | undefined): boolean {
    const isTooMuch = attachment && Atomics.load(this.#end.out.attachedBytes, 0) > MOST_ATTACHED_BYTES;
    return !isTooMuch && this.#writer.hasRoom(bytes);
  }

  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    process.nextTick(this.#flush);
  }

  readonly #flush = (): void => {
    if (this.#isClosed) return;
    this.#handler.beforeFlush();
    this.#isFlushing = false;
    this.#writeWaiting();
    if (this.#writer.publish()) this.#end.bell.postMessage(0);
  };

  #writeWaiting(): void {
    while (this.isBacklogged) {
      const rest = this.#waiting.findIndex((record) => !this.#writeOne(record));
      this.#waiting.splice(0, rest < 0 ? this.#waiting.length : rest);
      const [first] = this.#waiting;
      if (first === undefined) this.#guarded(() => this.#handler.onRoom());
      else {
        this.#writer.awaitRoom();
        const bytes = (first.first?.length ?? 0) + (first.second?.length ?? 0);
        if (!this.#hasRoom(bytes, first.attachment)) return; // the bell says when there is
      }
    }
  }

  #writeOne({ kind, a, b, first, second, attachment }: Waiting): boolean {
    return this.#write(kind, a, b, first, second, attachment);
  }

  #onBell(): void {
    if (this.isBacklogged) this.#flushSoon();
    this.#readOn();
  }

  readonly #readOn = (): void => {
    if (this.#isClosed) return;
    const startsAt = this.#reader.takenBytes;
    this.#visitedInTurn = 0;
    let left = BATCH_BYTES;
    while (left > 0 || this.#visitedInTurn < BATCH_RECORDS) {
      if (this.#reader.take(this.#visit, Math.max(left, 1))) this.#end.bell.postMessage(0);
      left = BATCH_BYTES - (this.#reader.takenBytes - startsAt);
      if (this.#isClosed) return;
      if (this.#reader.isEmpty) break; // what came meanwhile belongs to the same fan-out
    }
    if (!this.#reader.isEmpty || !this.#reader.sleep()) this.#readSoon();
  };

  readonly #visit = (kind: number, a: number, b: number, bytes: Uint8Array): void => {
    this.#visitedInTurn += 1;
    if (!this.#isClosed) this.#guarded(() => this.#handler.onRecord(kind, a, b, bytes));
  };

  #isReadingSoon = false;
  #readSoon(): void {
    if (this.#isReadingSoon) return;
    this.#isReadingSoon = true;
    setImmediate(() => {
      this.#isReadingSoon = false;
      this.#readOn();
    });
  }

  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#handler.onFault(error);
    }
  }
}
