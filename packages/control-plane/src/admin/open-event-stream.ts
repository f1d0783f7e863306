import type { ServerResponse } from "node:http";

/** A sign of life is sent this often, ms: proxies between close what is silent. */
const HEARTBEAT_MS = 15_000;
/** Bytes that wait to be taken by a reader; what comes then stays where it is until it has read on. */
const MAX_WAITING_BYTES = 65_536;
/** What a reader that is told to end gets to read the last words, ms. */
const LAST_WORDS_MS = 5_000;
/** How soon a browser comes back, ms. */
const RETRY_MS = 1_000;

/** A response of server-sent events. */
export interface EventStream {
  /** Whether enough waits to be read; `onRead` is called when that has been. */
  readonly isBusy: boolean;
  readonly isOver: boolean;
  /** Writes an event; with an id, a reader can go on behind it. */
  write(type: string, id: string | undefined, data: object): void;
  /** Ends the stream, with an event `end` that says why. */
  end(reason: string, message: string): void;
}

/** Options of {@link openEventStream}. */
export interface EventStreamHandlers {
  /** Ends the stream, with a word of why. */
  readonly closing: AbortSignal;
  onRead(): void;
  /** It is over, whoever ended it; called once. */
  onOver(): void;
}

/** Makes a response a stream of server-sent events. A reader that takes nothing at all is cut off with the reason. */
export function openEventStream(raw: ServerResponse, { closing, onRead, onOver }: EventStreamHandlers): EventStream {
  let isOver = false;
  let isStuck = false;
  raw.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  raw.write(`retry: ${RETRY_MS}\n\n`);

  const finish = () => {
    if (isOver) return;
    isOver = true;
    clearInterval(heartbeat);
    closing.removeEventListener("abort", drain);
    onOver();
  };
  const stream: EventStream = {
    get isBusy() {
      return raw.writableLength >= MAX_WAITING_BYTES;
    },
    get isOver() {
      return isOver;
    },
    write(type, id, data) {
      raw.write(`event: ${type}\n${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`);
    },
    end(reason, message) {
      if (isOver) return;
      finish();
      stream.write("end", undefined, { reason, message });
      raw.end();
      const late = setTimeout(() => raw.destroy(), LAST_WORDS_MS);
      raw.once("close", () => clearTimeout(late));
    },
  };
  const drain = () => stream.end("draining", "This control plane is going down: follow the next one.");
  const beat = () => {
    if (raw.writableLength === 0) {
      isStuck = false;
      raw.write(": still here\n\n");
    } else if (isStuck) stream.end("slow", "Nothing was read for a long time.");
    else isStuck = true;
  };
  const heartbeat = setInterval(beat, HEARTBEAT_MS).unref();
  raw.on("drain", () => {
    if (!isOver) onRead();
  });
  raw.once("close", finish);
  closing.addEventListener("abort", drain);
  if (closing.aborted) queueMicrotask(drain); // the caller's own first words come before
  return stream;
}
