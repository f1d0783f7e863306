import type { SendQueue } from "../flow/send-queue.ts";
import type { Direction, SendingStream } from "../flow/send-side.ts";
import type { StreamEnd } from "./stream-end.ts";

/** What both ends know of a stream. Its fields are the connection's business; kept few, since there are tens of thousands. */
export abstract class EndpointStream implements SendingStream {
  /** HTTP/2's id; 0 while a client's waits to be opened. */
  id: number;
  /** What we may still send, bytes; negative after the peer made its windows smaller. */
  sendWindow: number;
  /** Bytes that came and were not given back to the stream's window. */
  unreported = 0;
  /** What we send: `idle` until HEADERS went out. */
  local: Direction = "idle";
  /** What the peer sends: `idle` until its HEADERS came. */
  remote: Direction = "idle";
  /** Bytes, and an end, that wait for a window or for our HEADERS. */
  queue: SendQueue | undefined = undefined;
  /** How it ended; `undefined` while it goes on. */
  end: StreamEnd | undefined = undefined;

  constructor(id: number, sendWindow: number) {
    this.id = id;
    this.sendWindow = sendWindow;
  }

  get isClosed(): boolean {
    return this.end !== undefined;
  }
}
