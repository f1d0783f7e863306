import { defaultEndpointOptions, type EndpointOptions } from "../connection/options.ts";
import { defaultHeaderTableBytes } from "../hpack/decoder.ts";

/** How a server's end of a connection behaves. */
export interface ServerOptions extends EndpointOptions {
  /** Most streams that a client may have open; one more is refused. Default 1,000. */
  readonly maxStreams: number;
}

/**
 * What {@link ServerOptions} are unless told otherwise: windows of 256 KiB a stream and 1 MiB a connection, an HPACK table of
 * 4 KiB, HTTP/2's own; at most 4 MiB that wait for the client's windows.
 */
export const defaultServerOptions: ServerOptions = {
  ...defaultEndpointOptions,
  streamWindowBytes: 262_144,
  connectionWindowBytes: 1_048_576,
  headerTableBytes: defaultHeaderTableBytes,
  maxQueuedBytes: 4 * 1_048_576,
  maxStreams: 1_000,
};
