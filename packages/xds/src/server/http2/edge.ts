import type { TransportHandler } from "../transport.ts";
import type { Admission } from "./admission.ts";
import type { Http2Limits } from "./limits.ts";

/** What all connections of one listening edge share. */
export interface Edge {
  readonly limits: Http2Limits;
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
  /** Forgets a connection that is gone. */
  forget(connectionId: number): void;
}
