import type { ServerResponse } from "node:http";
import type { AdminEvent, EventLog } from "./event-log.ts";
import type { EventType } from "./schemas/events.ts";

/** A sign of life is sent this often, ms: proxies between close what is silent. */
const HEARTBEAT_MS = 15_000;
/** Bytes that wait to be taken by a reader; what comes then stays in the log until it has read on. */
const MAX_WAITING_BYTES = 65_536;
/** What a reader that is told to end gets to read the last words, ms. */
const LAST_WORDS_MS = 5_000;
/** How soon a browser comes back, ms. */
const RETRY_MS = 1_000;

/** Which events a reader wants. */
export interface EventFilter {
  readonly types: ReadonlySet<EventType>;
  readonly group: string | undefined;
}

/** Options of {@link streamEvents}. */
export interface EventStreamOptions {
  readonly filter: EventFilter;
  /** The id of the last event that the reader has; `undefined`: it begins. */
  readonly lastId: string | undefined;
  /** Whether to go on with what is to come; otherwise it tells what is remembered and ends. */
  readonly follow: boolean;
  /** The store's newest revision. */
  readonly revision: () => number;
  /** Ends the stream, with a word of why. */
  readonly closing: AbortSignal;
}

/**
 * Writes a log as server-sent events, each with an id from which a reader can go on. The log is the buffer: a reader
 * that falls behind what it remembers, or takes nothing at all, is cut off with the reason.
 *
 * Beside the log's own types: `start` (from here on nothing is missed; with the present revision), `reset` (what the
 * reader missed is no longer remembered: read anew what it follows), `end` (why the stream ends).
 */
export function streamEvents(log: EventLog, raw: ServerResponse, options: EventStreamOptions): void {
  const { filter, lastId, follow, closing } = options;
  raw.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  raw.write(`retry: ${RETRY_MS}\n\n`);
  let cursor = follow ? log.next() : log.oldest();
  let isOver = false;
  let isStuck = false;

  const idBefore = (sequence: number) => `${log.epoch}-${sequence - 1}`;
  const write = (type: string, id: string | undefined, data: object) => {
    raw.write(`event: ${type}\n${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`);
  };
  const end = (reason: string, message: string) => {
    if (isOver) return;
    isOver = true;
    clearInterval(heartbeat);
    unsubscribe();
    closing.removeEventListener("abort", drain);
    write("end", undefined, { reason, message });
    raw.end();
    const late = setTimeout(() => raw.destroy(), LAST_WORDS_MS);
    raw.once("close", () => clearTimeout(late));
  };
  const drain = () => end("draining", "This control plane is going down: follow the next one.");
  const pump = () => {
    while (!isOver && cursor < log.next() && raw.writableLength < MAX_WAITING_BYTES) {
      const event = cursor < log.oldest() ? undefined : log.get(cursor);
      if (!event) return end("slow", "Events came faster than they were read, and are no longer remembered.");
      if (isWanted(event, filter)) write(event.type, idBefore(cursor + 1), event.data);
      cursor++;
    }
    if (!follow && cursor >= log.next()) end("complete", "These are all that are remembered.");
  };
  const beat = () => {
    if (raw.writableLength === 0) {
      isStuck = false;
      raw.write(": still here\n\n");
    } else if (isStuck) end("slow", "Nothing was read for a long time.");
    else isStuck = true;
  };

  const heartbeat = setInterval(beat, HEARTBEAT_MS).unref();
  const unsubscribe = follow ? log.subscribe(pump) : () => {};
  raw.on("drain", pump);
  raw.once("close", () => {
    isOver = true;
    clearInterval(heartbeat);
    unsubscribe();
    closing.removeEventListener("abort", drain);
  });
  closing.addEventListener("abort", drain);

  if (follow) {
    const resumed = lastId === undefined ? undefined : resume(log, lastId);
    if (lastId !== undefined && resumed === undefined) {
      const message = "What came after that event is no longer remembered: read anew what you follow.";
      write("reset", idBefore(cursor), { message, revision: options.revision() });
    } else if (resumed === undefined) write("start", idBefore(cursor), { revision: options.revision() });
    cursor = resumed ?? cursor;
  }
  if (closing.aborted) drain();
  else pump();
}

/** The sequence from which a reader goes on; `undefined` if what it would miss is forgotten, or it comes from another process. */
function resume(log: EventLog, lastId: string): number | undefined {
  const [, epoch, sequence] = /^([0-9a-z]+)-(\d{1,15})$/.exec(lastId) ?? [];
  const next = Number(sequence) + 1;
  return epoch === log.epoch && next >= log.oldest() && next <= log.next() ? next : undefined;
}

function isWanted({ type, groups }: AdminEvent, filter: EventFilter): boolean {
  return filter.types.has(type) && (filter.group === undefined || groups.includes(filter.group));
}
