import { ByteWriter } from "@fairlead/h2";
import { type Link, writeChunkBytes } from "./link.ts";

/** Who has bytes on a {@link Link}, and is told when the kernel has them that it did not take at once. */
export interface Sender {
  /** Bytes ever handed to the link. */
  handedBytes: number;
  /** Those of them that the kernel did not take at once, until it has taken all that its link holds. */
  unsentBytes: number;
  /** The kernel has taken them, or never will: the connection is gone. */
  onTaken(isTaken: boolean): void;
}

/**
 * What the connections of this thread write in one turn: none has a buffer of its own. It belongs to one link at a time, and goes to
 * the kernel in one call when the turn ends, when another link writes, or when it is {@link writeChunkBytes} long.
 */
class Outbox {
  readonly #writer = new ByteWriter();
  #owner: Link | undefined = undefined;
  /** What was written so far, in its order: bytes of the writer's, and such as many connections share. */
  #parts: Uint8Array[] = [];
  /** Whose bytes are among them, and how many. */
  #senders: Sender[] = [];
  #lengths: number[] = [];
  #bytes = 0;
  #isFlushComing = false;

  /** Where a link writes bytes of its own. They go out within this turn. */
  output(link: Link): ByteWriter {
    if (this.#writer.length >= writeChunkBytes) this.flush();
    this.#claim(link);
    return this.#writer;
  }

  /** Adds bytes behind what was written, without a copy: they must not change. */
  share(link: Link, bytes: Uint8Array, sender: Sender): void {
    this.#claim(link);
    if (this.#writer.length > 0) this.#takeWritten();
    this.#parts.push(bytes);
    this.#senders.push(sender);
    this.#lengths.push(bytes.length);
    sender.handedBytes += bytes.length;
    this.#bytes += bytes.length;
    if (this.#bytes >= writeChunkBytes) this.flush();
  }

  /** Begins a turn at whose end {@link endTurn} is called: no tick is needed for it. */
  beginTurn(): void {
    this.#isFlushComing = true;
  }

  /** Sends what was written in this turn. */
  endTurn(): void {
    this.#isFlushComing = false;
    this.flush();
  }

  /** Sends what was written. */
  flush(): void {
    const owner = this.#owner;
    if (owner === undefined) return;
    this.#owner = undefined;
    this.#bytes = 0;
    if (this.#writer.length > 0) this.#takeWritten();
    const parts = this.#parts;
    if (parts.length === 0) return;
    if (owner.write(parts)) this.#clear(parts);
    else this.#leave(owner);
  }

  #claim(link: Link): void {
    if (this.#owner === link) return;
    this.flush();
    this.#owner = link;
    if (this.#isFlushComing) return;
    this.#isFlushComing = true;
    process.nextTick(flushAtEnd);
  }

  #takeWritten(): void {
    const written = this.#writer.take();
    this.#bytes += written.length;
    this.#parts.push(written);
  }

  /** The kernel has all: the places of the writer are free again, last first. */
  #clear(parts: Uint8Array[]): void {
    for (let at = parts.length - 1; at >= 0; at--) this.#writer.reuse(parts[at]!);
    parts.length = 0;
    this.#senders.length = 0;
    this.#lengths.length = 0;
  }

  /** The link keeps what the kernel has not taken. */
  #leave(link: Link): void {
    for (const [at, sender] of this.#senders.entries()) link.charge(sender, this.#lengths[at]!);
    this.#parts = [];
    this.#senders.length = 0;
    this.#lengths.length = 0;
  }
}

/** This thread's. */
export const outbox = new Outbox();

function flushAtEnd(): void {
  outbox.endTurn();
}
