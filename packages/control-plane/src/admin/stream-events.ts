import type { ServerResponse } from "node:http";
import type { AdminEvent, EventLog } from "./event-log.ts";
import { openEventStream } from "./open-event-stream.ts";
import type { EventType } from "./schemas/events.ts";

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
  let cursor = follow ? log.next() : log.oldest();
  const idBefore = (sequence: number) => `${log.epoch}-${sequence - 1}`;
  const pump = () => {
    while (!stream.isOver && cursor < log.next() && !stream.isBusy) {
      const event = cursor < log.oldest() ? undefined : log.get(cursor);
      if (!event) return stream.end("slow", "Events came faster than they were read, and are no longer remembered.");
      if (isWanted(event, filter)) stream.write(event.type, idBefore(cursor + 1), event.data);
      cursor++;
    }
    if (!follow && cursor >= log.next()) stream.end("complete", "These are all that are remembered.");
  };
  const unsubscribe = follow ? log.subscribe(pump) : () => {};
  const stream = openEventStream(raw, { closing, onRead: pump, onOver: unsubscribe });

  if (follow) {
    const resumed = lastId === undefined ? undefined : resume(log, lastId);
    if (lastId !== undefined && resumed === undefined) {
      const message = "What came after that event is no longer remembered: read anew what you follow.";
      stream.write("reset", idBefore(cursor), { message, revision: options.revision() });
    } else if (resumed === undefined) stream.write("start", idBefore(cursor), { revision: options.revision() });
    cursor = resumed ?? cursor;
  }
  if (!closing.aborted) pump();
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
