import type { Http2ListenOptions } from "../http2/listen.ts";
import type { EdgeCounts } from "../transport.ts";
import type { LinkEnd } from "./link.ts";

/** What a worker is started with. */
export interface EdgeThreadStart {
  /** Without what can't be passed on, and with this worker's part of what is counted per process. */
  readonly listen: Omit<Http2ListenOptions, "onFault">;
  readonly link: LinkEnd;
  /** Where it writes what it counts: {@link writeCounts}. */
  readonly counts: SharedArrayBuffer;
}

const NAMES = ["connections", "queuedBytes", "partialBytes", "waitingStreams"] as const;

/** Memory for {@link EdgeCounts}. */
export function countsMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(NAMES.length * Float64Array.BYTES_PER_ELEMENT);
}

/** Writes what an edge counts now. */
export function writeCounts(memory: SharedArrayBuffer, counts: EdgeCounts): void {
  const words = new Float64Array(memory);
  for (const [index, name] of NAMES.entries()) words[index] = counts[name];
}

/** Reads what was last written. */
export function readCounts(memory: SharedArrayBuffer): EdgeCounts {
  const [connections = 0, queuedBytes = 0, partialBytes = 0, waitingStreams = 0] = new Float64Array(memory);
  return { connections, queuedBytes, partialBytes, waitingStreams };
}
