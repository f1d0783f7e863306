import { defaultEndpointOptions, type EndpointOptions } from "../connection/options.ts";
import { defaultHeaderTableBytes } from "../hpack/decoder.ts";

/** How a client's end of a connection behaves. */
export interface ClientOptions extends EndpointOptions {
  /** Most streams that wait for the server to allow another. Default 1,000. */
  readonly maxWaitingStreams: number;
}

/**
 * What {@link ClientOptions} are unless told otherwise: windows of 16 MiB a stream and 24 MiB a connection, as Envoy's; an
 * HPACK table of 4 KiB, HTTP/2's own; at most 64 MiB that wait for the server's windows.
 */
export const defaultClientOptions: ClientOptions = {
  ...defaultEndpointOptions,
  streamWindowBytes: 16 * 1_048_576,
  connectionWindowBytes: 24 * 1_048_576,
  headerTableBytes: defaultHeaderTableBytes,
  maxQueuedBytes: 64 * 1_048_576,
  maxWaitingStreams: 1_000,
};
