import { channel } from "node:diagnostics_channel";
import type { ClusterStats } from "@fairlead/envoy-api/envoy/config/endpoint/v3/load_report_pb";
import type { HTTPAccessLogEntry, TCPAccessLogEntry } from "@fairlead/envoy-api/envoy/data/accesslog/v3/accesslog_pb";
import type { Reporter } from "./server/services/reporter.ts";

/** Why a response was sent (protocol.md C4): a closed list. */
export type Cause =
  | "changed"
  | "subscribed"
  | "resubscribed"
  | "unsubscribed"
  | "warming"
  | "ttl"
  | "hosts"
  | "fresh"
  | "error"
  | "bisect";

/** Payloads of the `diagnostics_channel`s that this package publishes on, by channel name. */
export interface ChannelMessages {
  "fairlead:xds:stream-opened": { streamId: number; peer: string; path: string };
  /** Also of who polls, with the first poll: there is no stream then, and `poller-forgotten` is its end. */
  "fairlead:xds:stream-identified": {
    streamId: number;
    nodeId: string;
    peer: string;
    /** `undefined`: no rule matches the node, and it is served nothing. */
    group: string | undefined;
    /** It only watches (its user agent says so): it neither gates nor counts. */
    isObserver: boolean;
  };
  "fairlead:xds:stream-closed": {
    streamId: number;
    nodeId: string;
    reason: string;
    openMs: number;
    isObserver: boolean;
  };
  /** A call of a service beside discovery. */
  "fairlead:xds:call-opened": { streamId: number; peer: string; path: string };
  "fairlead:xds:call-closed": { streamId: number; path: string; reason: string; openMs: number };
  /** Figures of some clusters out of a proxy's load report, as it claims them; a large report comes in several. */
  "fairlead:xds:load-reported": Reporter & { clusters: readonly ClusterStats[] };
  /** Some entries of a proxy's access log, as it claims them. */
  "fairlead:xds:access-logged": Reporter & {
    logName: string;
    http: readonly HTTPAccessLogEntry[];
    tcp: readonly TCPAccessLogEntry[];
  };
  "fairlead:xds:pushed": {
    streamId: number;
    nodeId: string;
    typeUrl: string;
    cause: Cause;
    version: string;
    nonce: string;
    bytes: number;
    resources: number;
    removed: number;
  };
  /** A client whose polls were identified under that `streamId` polls for nothing any more. */
  "fairlead:xds:poller-forgotten": { streamId: number; nodeId: string };
  /** A poll, by REST or by a unary `Fetch`, and whether it brought anything. */
  "fairlead:xds:polled": {
    nodeId: string;
    typeUrl: string;
    way: "rest" | "fetch";
    /** `refused`: nothing is known for that client yet, or it is one too many. */
    answer: "content" | "unchanged" | "refused";
  };
  "fairlead:xds:acked": {
    streamId: number;
    nodeId: string;
    group: string | undefined;
    isObserver: boolean;
    typeUrl: string;
    version: string;
    nonce: string;
    /** From the response's writing to this ACK, ms. */
    latencyMs: number;
    /** From the commit of the newest content in the response to this ACK, ms; `undefined` where no commit caused it. */
    convergenceMs: number | undefined;
  };
  "fairlead:xds:nacked": {
    streamId: number;
    nodeId: string;
    group: string | undefined;
    isObserver: boolean;
    typeUrl: string;
    version: string;
    nonce: string;
    code: number;
    message: string;
  };
  /** One resource is known to be what a client rejects: it was rejected alone, or named. */
  "fairlead:xds:isolated": {
    streamId: number;
    nodeId: string;
    typeUrl: string;
    name: string;
    /** The client's words of the smallest response with it. */
    message: string;
  };
  "fairlead:xds:warning": { nodeId: string; typeUrl: string; message: string };
  /** A TLS handshake that came to nothing: no certificate, a foreign or expired one, plaintext. */
  "fairlead:xds:handshake-failed": { peer: string; reason: string };
  /** A worker thread ended unasked, and its streams with it. It is replaced. */
  "fairlead:xds:worker-ended": {
    worker: number;
    reason: string;
    /** Where in its source, if it threw. */
    stack: string | undefined;
    streams: number;
    restartInMs: number;
  };
  /** A worker thread listens in the place of one that had ended. */
  "fairlead:xds:worker-started": { worker: number; restarts: number };
  "fairlead:xds:evicted": { streamId: number; nodeId: string; queuedBytes: number };
  "fairlead:xds:built": { typeUrl: string; bytes: number; resources: number };
}

/** The channel of that name, with its payload typed. Publishing costs nothing while nobody subscribes. */
export function xdsChannel<N extends keyof ChannelMessages>(
  name: N,
): {
  readonly hasSubscribers: boolean;
  publish(message: ChannelMessages[N]): void;
  subscribe(listener: (message: ChannelMessages[N]) => void): void;
  unsubscribe(listener: (message: ChannelMessages[N]) => void): boolean;
} {
  return channel(name) as never;
}
