import type { ServerOptions } from "@fairlead/h2";
import type { TransportHandler } from "../transport.ts";
import type { Admission } from "./admission.ts";
import type { Http2Connection } from "./connection.ts";
import type { Http2Limits } from "./limits.ts";

/** What all connections of one listening edge share. */
export interface Edge {
  readonly limits: Http2Limits;
  /** What of the limits `@fairlead/h2` keeps to. */
  readonly http2: ServerOptions;
  readonly handler: TransportHandler;
  readonly admission: Admission;
  /** Told of what the handler throws; the stream concerned ends with `INTERNAL`. */
  readonly onFault: (error: unknown) => void;
  /** The monotonic clock at the last sweep, ms: good enough for limits in seconds, and free to read. */
  nowMs: number;
  /** Bytes accepted by `send` and not yet taken by the kernel, all connections. */
  queuedBytes: number;
  /** Bytes of request messages not yet whole, all connections. */
  partialBytes: number;
  /** A connection is as good as gone: what it had written goes out, and it is closed. */
  leave(connection: Http2Connection): void;
  /** Forgets a connection that is gone. */
  forget(connection: Http2Connection): void;
}
