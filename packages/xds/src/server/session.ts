import type { Interest } from "../protocol/interest.ts";
import type { Sent } from "../protocol/subscription.ts";
import { SmallMap } from "../small-map.ts";
import type { ClientEntry } from "./client-entry.ts";
import { monotonicNowMs } from "./clock.ts";
import type { DiscoveryMethod } from "./methods.ts";
import type { ServerStream } from "./transport.ts";

/** One xDS stream: what it was opened for, whose it is, and what its last requests looked like. */
export interface Session {
  readonly stream: ServerStream;
  readonly method: DiscoveryMethod;
  readonly openedAtMs: number;
  /** A subscription by polls: the answer to the poll that is being taken. */
  polled: { sent: Sent | undefined } | undefined;
  /** Set by the first request, which names the node (protocol.md C1). */
  entry: ClientEntry | undefined;
  /** The names of the last SotW request by type, encoded: the next one is compared with them before it is parsed. */
  readonly namesBytes: SmallMap<string, Uint8Array>;
  /** By type, as last told to the index. */
  readonly indexed: SmallMap<string, Interest>;
}

/** A session whose first request is yet to come. */
export function openSession(stream: ServerStream, method: DiscoveryMethod): Session {
  return {
    stream,
    method,
    openedAtMs: monotonicNowMs(),
    polled: undefined,
    entry: undefined,
    namesBytes: new SmallMap(),
    indexed: new SmallMap(),
  };
}
