import type { Http2ListenOptions } from "../../src/server/http2/listen.ts";

/** A server under fuzz, with the healthy client that goes through it all. */
export interface FuzzTarget {
  readonly port: number;
  /** Messages that the healthy client has exchanged. */
  readonly healthyMessages: number;
  /** Lets the healthy client finish its exchange. Throws where it was harmed. */
  stopHealthy(): Promise<void>;
  /** Whether the server has forgotten every client. */
  isQuiet(): boolean;
  close(): Promise<void>;
}

/** Starts a target on the options given. */
export type StartTarget = (listen: Http2ListenOptions) => Promise<FuzzTarget>;
