import { defaultMaxFrameBytes } from "../frames/types.ts";
import { defaultHeaderTableBytes } from "../hpack/decoder.ts";

/** How a client's end of a connection behaves. Every limit is bytes or a count, as its name says. */
export interface ClientOptions {
  /** What the server may send on a stream before it is read, bytes; replenished at half. Default 16 MiB, as Envoy's. */
  readonly streamWindowBytes: number;
  /** The same for the connection. Default 24 MiB, as Envoy's. */
  readonly connectionWindowBytes: number;
  /** The largest frame taken, bytes. Default 16 KiB, HTTP/2's own. */
  readonly maxFrameBytes: number;
  /** The server's HPACK table, bytes. Default 4 KiB, HTTP/2's own. */
  readonly headerTableBytes: number;
  /** Most headers in a list. Default 64. */
  readonly maxHeaderPairs: number;
  /** Most bytes in a header list. Default 16 KiB. */
  readonly maxHeaderListBytes: number;
  /** Most bytes that wait for the server's windows, over all streams of the connection. Default 64 MiB. */
  readonly maxQueuedBytes: number;
  /** Most streams that wait for the server to allow another. Default 1,000. */
  readonly maxWaitingStreams: number;
}

/** What {@link ClientOptions} are unless told otherwise. */
export const defaultClientOptions: ClientOptions = {
  streamWindowBytes: 16 * 1_048_576,
  connectionWindowBytes: 24 * 1_048_576,
  maxFrameBytes: defaultMaxFrameBytes,
  headerTableBytes: defaultHeaderTableBytes,
  maxHeaderPairs: 64,
  maxHeaderListBytes: 16_384,
  maxQueuedBytes: 64 * 1_048_576,
  maxWaitingStreams: 1_000,
};
