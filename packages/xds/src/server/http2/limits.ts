import { XdsError } from "../../errors.ts";

/**
 * Every limit of the HTTP/2 and gRPC edge, its unit in its name. Checked once, when the server starts to listen.
 * @see reliability.md, "HTTP/2 and gRPC edge"
 */
export interface Http2Limits {
  /** Concurrent streams of one connection. 1,000: an Envoy with a stream per type opens one per EDS and RDS subscription. */
  readonly maxStreamsPerConnection: number;
  /** Fields of a request's header list. 64: HPACK bombs need a limit on the count as well as on the bytes. */
  readonly maxHeaderPairs: number;
  /** Bytes of a request's header list, inflated: names, values and 32 a field (RFC 9113, 6.5.2). 16 KiB. */
  readonly maxHeaderBytes: number;
  /**
   * Streams that a peer may reset before it sent a whole message, at once: 50 (rapid reset, CVE-2023-44487). Streams
   * reset later count against the streams of a connection on top, since an Envoy whose clusters go resets theirs at once.
   */
  readonly resetBurst: number;
  /** How fast {@link resetBurst} refills: 5 a second. */
  readonly resetsPerSecond: number;
  /** Invalid frames, empty DATA frames and refused streams of one connection until it is closed: 100. */
  readonly maxInvalidFrames: number;
  /** SETTINGS frames that a peer may send at once: 20. */
  readonly settingsBurst: number;
  /** How fast {@link settingsBurst} refills: 1 a second. */
  readonly settingsPerSecond: number;
  /** Entries of one SETTINGS frame: 32. */
  readonly maxSettingsEntries: number;
  /** PINGs that come too early until the connection is closed with `ENHANCE_YOUR_CALM`: 3. Reset when DATA or HEADERS are sent. */
  readonly pingStrikes: number;
  /** A PING sooner than this after the last one is too early. 1,000 ms: Envoys are set to keepalives of a few seconds. */
  readonly minPingIntervalMs: number;
  /** Silence of the peer after which it is sent a PING: 30,000 ms. 0: never. */
  readonly keepaliveIdleMs: number;
  /** How long any byte of the peer may take after that PING until the connection is closed: 10,000 ms. */
  readonly keepaliveTimeoutMs: number;
  /** Age at which a connection gets GOAWAY: 1,800,000 ms (30 minutes), so that streams move to new replicas. 0: never. */
  readonly maxConnectionAgeMs: number;
  /** The age varies by up to this fraction either way, so that clients don't all come back at once: 0.1. */
  readonly connectionAgeJitter: number;
  /** What streams get to end after that GOAWAY; then they end with `UNAVAILABLE`: 30,000 ms. */
  readonly connectionAgeGraceMs: number;
  /**
   * Bytes queued on one connection. 4 MiB, or what the layer above allows a connection (`Connection.allow`: twice its
   * group's snapshot). The stream that goes beyond is closed with `RESOURCE_EXHAUSTED`.
   */
  readonly maxQueuedBytesPerConnection: number;
  /** A stream with queued bytes and no progress for this long is closed: 30,000 ms. Progress is 64 KiB, or a whole frame. */
  readonly evictAfterMs: number;
  /** The first request must be whole this long after its stream opened: 60,000 ms. ADS may open long before a type is needed. */
  readonly firstRequestMs: number;
  /** A message must be whole this long after its first byte: 60,000 ms. */
  readonly messageMs: number;
  /** Bytes of one request message, inflated. 4 MiB, or what the layer above allows a connection (`Connection.allow`). */
  readonly maxMessageBytes: number;
  /** What `Connection.allow` can raise {@link maxMessageBytes} to: 64 MiB. */
  readonly maxAllowedMessageBytes: number;
  /** Bytes of messages not yet whole, all connections together. 256 MiB; the stream that goes beyond is closed with `RESOURCE_EXHAUSTED`. */
  readonly maxPartialBytes: number;
  /** A connection must have finished TLS, and have sent the HTTP/2 preface, this long after it was accepted: 10,000 ms. */
  readonly handshakeMs: number;
  /** An HTTP/1 connection without a request for this long is closed: 120,000 ms. Above Envoy's usual `refresh_delay`. */
  readonly http1IdleMs: number;
  /**
   * Subscriptions by polls (REST) that are remembered of one client, each a set of names of a type: 10,000. A poll for
   * one more is answered 429.
   */
  readonly maxPolledSubscriptionsPerClient: number;
  /** The same of all clients together: 200,000. */
  readonly maxPolledSubscriptions: number;
  /** A connection being closed has this long to take its last bytes; then its socket is destroyed: 1,000 ms. */
  readonly closeMs: number;
  /** New streams taken up in one turn of the event loop, at most: 64. Halved after a turn longer than {@link maxTurnMs}. */
  readonly admissionsPerTurn: number;
  /** A turn of the event loop longer than this means that the server is behind: 50 ms. */
  readonly maxTurnMs: number;
  /** New streams that may wait for admission, oldest first: 16,384. Others get `UNAVAILABLE`. */
  readonly maxWaitingStreams: number;
  /** While more bytes than this are queued on all connections together, new streams wait: 256 MiB. */
  readonly maxInFlightBytes: number;
  /** Flow control window of a stream for requests: 256 KiB. */
  readonly streamWindowBytes: number;
  /** Flow control window of a connection for requests: 1 MiB. */
  readonly connectionWindowBytes: number;
  /** Connections that the kernel may hold for `accept`: 4,096. */
  readonly backlogConnections: number;
  /** How often limits in time are looked at; each may be late by as much: 1,000 ms. */
  readonly sweepIntervalMs: number;
  /** How often certificate files are looked at: 500 ms. */
  readonly certificatePollMs: number;
}

/** The limits of a server that was given none. */
export const defaultHttp2Limits: Http2Limits = {
  maxStreamsPerConnection: 1_000,
  maxHeaderPairs: 64,
  maxHeaderBytes: 16_384,
  resetBurst: 50,
  resetsPerSecond: 5,
  maxInvalidFrames: 100,
  settingsBurst: 20,
  settingsPerSecond: 1,
  maxSettingsEntries: 32,
  pingStrikes: 3,
  minPingIntervalMs: 1_000,
  keepaliveIdleMs: 30_000,
  keepaliveTimeoutMs: 10_000,
  maxConnectionAgeMs: 1_800_000,
  connectionAgeJitter: 0.1,
  connectionAgeGraceMs: 30_000,
  maxQueuedBytesPerConnection: 4 * 1_048_576,
  evictAfterMs: 30_000,
  firstRequestMs: 60_000,
  messageMs: 60_000,
  maxMessageBytes: 4 * 1_048_576,
  maxAllowedMessageBytes: 64 * 1_048_576,
  maxPartialBytes: 256 * 1_048_576,
  handshakeMs: 10_000,
  http1IdleMs: 120_000,
  maxPolledSubscriptionsPerClient: 10_000,
  maxPolledSubscriptions: 200_000,
  closeMs: 1_000,
  admissionsPerTurn: 64,
  maxTurnMs: 50,
  maxWaitingStreams: 16_384,
  maxInFlightBytes: 256 * 1_048_576,
  streamWindowBytes: 262_144,
  connectionWindowBytes: 1_048_576,
  backlogConnections: 4_096,
  sweepIntervalMs: 1_000,
  certificatePollMs: 500,
};

/** The largest delay that a Node timer takes. */
const maxTimerMs = 2_147_483_647;

/** The least and the most of each limit; the largest HTTP/2 window and frame sizes are those of RFC 9113. */
const range: { readonly [K in keyof Http2Limits]: readonly [number, number] } = {
  maxStreamsPerConnection: [1, 1_000_000],
  maxHeaderPairs: [8, 10_000],
  maxHeaderBytes: [1_024, 1_048_576],
  resetBurst: [1, 1_000_000],
  resetsPerSecond: [1, 1_000_000],
  maxInvalidFrames: [0, 1_000_000],
  settingsBurst: [1, 1_000_000],
  settingsPerSecond: [1, 1_000_000],
  maxSettingsEntries: [7, 10_000],
  pingStrikes: [1, 1_000_000],
  minPingIntervalMs: [0, maxTimerMs],
  keepaliveIdleMs: [0, maxTimerMs],
  keepaliveTimeoutMs: [1, maxTimerMs],
  maxConnectionAgeMs: [0, Number.MAX_SAFE_INTEGER],
  connectionAgeJitter: [0, 1],
  connectionAgeGraceMs: [0, maxTimerMs],
  maxQueuedBytesPerConnection: [1_024, 2 ** 40],
  evictAfterMs: [1, maxTimerMs],
  firstRequestMs: [1, maxTimerMs],
  messageMs: [1, maxTimerMs],
  maxMessageBytes: [1, 2 ** 31 - 1],
  maxAllowedMessageBytes: [1, 2 ** 31 - 1],
  maxPartialBytes: [1_024, 2 ** 40],
  handshakeMs: [1, maxTimerMs],
  http1IdleMs: [1, maxTimerMs],
  maxPolledSubscriptionsPerClient: [1, 10_000_000],
  maxPolledSubscriptions: [1, 10_000_000],
  closeMs: [1, maxTimerMs],
  admissionsPerTurn: [1, 1_000_000],
  maxTurnMs: [1, maxTimerMs],
  maxWaitingStreams: [0, 10_000_000],
  maxInFlightBytes: [1_024, 2 ** 40],
  streamWindowBytes: [1_024, 2 ** 31 - 1],
  connectionWindowBytes: [65_535, 2 ** 31 - 1],
  backlogConnections: [1, 65_535],
  sweepIntervalMs: [1, 60_000],
  certificatePollMs: [10, 60_000],
};

/**
 * Completes limits by the defaults and checks each.
 * @throws XdsError `invalid-limit`, naming the limit, what it was given and its range
 */
export function checkHttp2Limits(given: Partial<Http2Limits> = {}): Http2Limits {
  for (const [name, value] of Object.entries(given)) checkLimit(name, value);
  const limits = { ...defaultHttp2Limits, ...given };
  if (limits.maxAllowedMessageBytes >= limits.maxMessageBytes) return limits;
  throw new XdsError(
    "invalid-limit",
    `the limit maxMessageBytes is ${limits.maxMessageBytes} and maxAllowedMessageBytes less: raise the latter`,
  );
}

function checkLimit(name: string, value: unknown): void {
  const bounds = Object.hasOwn(range, name) ? range[name as keyof Http2Limits] : undefined;
  if (bounds === undefined) {
    throw new XdsError("invalid-limit", `there is no limit ${name}: the limits are ${Object.keys(range).join(", ")}`);
  }
  const [least, most] = bounds;
  const isFraction = name === "connectionAgeJitter";
  const isValid = typeof value === "number" && (isFraction || Number.isSafeInteger(value));
  if (isValid && value >= least && value <= most) return;
  const kind = isFraction ? "a number" : "a whole number";
  throw new XdsError("invalid-limit", `the limit ${name} is ${String(value)}: give ${kind} from ${least} to ${most}`);
}
