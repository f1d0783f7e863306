import type { SendQueue } from "../flow/send-queue.ts";
import type { Direction, SendingStream } from "../flow/send-side.ts";
import type { StreamHandler } from "./handlers.ts";

/**
 * One stream of a client. Its fields are the connection's business; kept few, since there are tens of thousands.
 */
export class ClientStream implements SendingStream {
  /** HTTP/2's id; 0 while it waits to be opened. */
  id = 0;
  readonly handler: StreamHandler;
  /** What we may still send, bytes; negative after the server made its windows smaller. */
  sendWindow: number;
  /** Bytes that came and were not given back to the stream's window. */
  unreported = 0;
  /** What we send: `idle` until HEADERS went out. */
  local: Direction = "idle";
  /** What the server sends: `idle` until its final HEADERS came. */
  remote: Direction = "idle";
  /** Bytes, and an end, that wait for a window or for the stream to be opened. */
  queue: SendQueue | undefined;
  isClosed = false;

  constructor(handler: StreamHandler, sendWindow: number) {
    this.handler = handler;
    this.sendWindow = sendWindow;
  }
}
