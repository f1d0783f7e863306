import { ByteWriter } from "@fairlead/h2";

/** Who sends what was written for it. */
export interface OutboxOwner {
  /** Sends the bytes. @returns whether nobody needs them any more */
  write(bytes: Buffer): boolean;
}

/**
 * One buffer for what all connections of the process send: a connection has none of its own. It belongs to one connection at
 * a time, and what was written is sent when the turn ends, or another connection wants to write.
 */
const writer = new ByteWriter();
let owner: OutboxOwner | undefined;
let isFlushComing = false;

/** Where a connection writes. What it writes is sent within this turn of the event loop. */
export function claimOutbox(claimer: OutboxOwner): ByteWriter {
  if (owner === claimer) return writer;
  flushOutbox();
  owner = claimer;
  if (!isFlushComing) {
    isFlushComing = true;
    process.nextTick(flushAtEnd);
  }
  return writer;
}

/** Sends what was written. */
export function flushOutbox(): void {
  if (owner === undefined) return;
  const sender = owner;
  owner = undefined;
  const bytes = writer.take();
  if (bytes.length > 0 && sender.write(bytes)) writer.reuse(bytes);
}

/** Begins the turn of a chunk that came; {@link endTurn} sends what was written: one write, and no tick for it. */
export function beginTurn(): void {
  isFlushComing = true;
}

/** Ends the turn that {@link beginTurn} began. */
export function endTurn(): void {
  isFlushComing = false;
  flushOutbox();
}

function flushAtEnd(): void {
  isFlushComing = false;
  flushOutbox();
}
