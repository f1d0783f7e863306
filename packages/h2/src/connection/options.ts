import { defaultMaxFrameBytes } from "../frames/types.ts";
import { defaultHeaderListLimits, type HeaderListLimits } from "../hpack/decoder.ts";

/** How either end of a connection behaves. Every limit is bytes or a count, as its name says. */
export interface EndpointOptions extends HeaderListLimits {
  /** What the peer may send on a stream before it is read, bytes; replenished at half. */
  readonly streamWindowBytes: number;
  /** The same for the connection; 65,535 at least, since HTTP/2 cannot make it less. */
  readonly connectionWindowBytes: number;
  /** The largest frame taken, bytes. Default 16 KiB, HTTP/2's own. */
  readonly maxFrameBytes: number;
  /** The peer's HPACK table, bytes. */
  readonly headerTableBytes: number;
  /** Most bytes that wait for the peer's windows, over all streams of the connection. */
  readonly maxQueuedBytes: number;
  /** Most entries of one SETTINGS frame. Default 32. */
  readonly maxSettingsEntries: number;
}

/** What both ends take unless told otherwise. */
export const defaultEndpointOptions = {
  ...defaultHeaderListLimits,
  maxFrameBytes: defaultMaxFrameBytes,
  maxSettingsEntries: 32,
} as const;
