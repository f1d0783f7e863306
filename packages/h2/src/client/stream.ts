import { EndpointStream } from "../connection/stream.ts";
import type { StreamHandler } from "./handlers.ts";

/** One stream of a client. */
export class ClientStream extends EndpointStream {
  readonly handler: StreamHandler;

  constructor(handler: StreamHandler) {
    super(0, 0);
    this.handler = handler;
  }
}
