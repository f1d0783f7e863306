import type { Deviation } from "./deviations.ts";
import type { Peer } from "./peers.ts";

/** What a server made of something odd. */
export interface Verdict {
  /** What it ended for it. */
  readonly ends: "nothing" | "stream" | "connection";
  /** The error's code; of a connection that was closed without GOAWAY there is none. */
  readonly code: number | undefined;
  /** What we say about it; an oracle says nothing. */
  readonly told?: string | undefined;
}

/** Reads what a server has made of a deviation. @param resetBefore ids that it had reset before */
export function verdictOf({ view, isClosed }: Peer, resetBefore: ReadonlySet<number>): Verdict {
  if (isClosed || (view.goaway ?? 0) !== 0) return { ends: "connection", code: view.goaway };
  for (const [id, { reset, isEnded }] of view.streams) {
    if (reset === undefined || resetBefore.has(id) || (reset === 0 && isEnded)) continue;
    return { ends: "stream", code: reset };
  }
  return { ends: "nothing", code: undefined };
}

/** A difference that is meant: how the oracle and we judge, and why ours is right, or as good. */
interface Accepted {
  readonly oracle: Verdict["ends"];
  readonly ours: Verdict["ends"];
  readonly frame?: RegExp;
  readonly how?: RegExp;
  /** What we say about it. */
  readonly told?: RegExp;
  /** What its bytes hold, as Latin-1. */
  readonly bytes?: RegExp;
  readonly places?: readonly Deviation["place"][];
  readonly reason: string;
}

/** Every difference that is meant. What is not in here fails the fuzz. */
export const ACCEPTED: readonly Accepted[] = [
  {
    oracle: "connection",
    ours: "stream",
    told: /on a stream that the client had ended/,
    reason: "frames behind a stream's end cost that stream: RFC 9113, 5.1, half-closed (remote)",
  },
  {
    oracle: "connection",
    ours: "stream",
    frame: /^WINDOW_UPDATE$/,
    reason: "a wrong WINDOW_UPDATE of a stream costs that stream: RFC 9113, 6.9 and 6.9.1",
  },
  {
    oracle: "connection",
    ours: "stream",
    told: /depend on itself/,
    reason: "a request that depends on itself costs its stream: RFC 7540, 5.3.1",
  },
  {
    oracle: "nothing",
    ours: "connection",
    told: /^HEADERS came for stream/,
    reason: "HEADERS on a stream that is over end the connection: RFC 9113, 5.1 and 5.1.1",
  },
  {
    oracle: "nothing",
    ours: "stream",
    told: /^DATA came for a stream that is over/,
    reason: "DATA on a stream that is over is told: RFC 9113, 5.1, closed",
  },
  {
    oracle: "nothing",
    ours: "connection",
    frame: /^DATA$/,
    places: ["ended", "reset by the client", "reset by the server", "skipped"],
    told: /padd(ing|ed)/,
    reason: "padding longer than its frame ends the connection, also where the DATA is not wanted: RFC 9113, 6.1",
  },
  {
    oracle: "nothing",
    ours: "stream",
    told: /depend on itself/,
    reason: "a stream that is to depend on itself is reset: RFC 7540, 5.3.1",
  },
  {
    oracle: "nothing",
    ours: "connection",
    frame: /^PRIORITY$/,
    reason:
      "PRIORITY of the connection, or of a stream on itself where none can be reset: RFC 9113, 6.3; RFC 7540, 5.3.1",
  },
  ...(["nothing", "stream"] as const).map((oracle) => ({
    oracle,
    ours: "connection" as const,
    told: /more than two table size updates/,
    reason: "a header block begins with two table updates at most: RFC 7541, 4.2",
  })),
  {
    oracle: "nothing",
    ours: "stream",
    told: /cannot be called so|had characters that none may have/,
    reason: "a field that is malformed costs the request, and is not left out of it: RFC 9113, 8.2.1",
  },
  {
    oracle: "nothing",
    ours: "stream",
    frame: /^HEADERS/,
    how: /too large/,
    reason: "node:http2 heeds SETTINGS_MAX_HEADER_LIST_SIZE only from its acknowledgement on, and counts otherwise",
  },
  {
    oracle: "stream",
    ours: "nothing",
    how: /without :authority/,
    reason: "a request may leave :authority out: RFC 9113, 8.3.1",
  },
  {
    oracle: "stream",
    ours: "nothing",
    bytes: /:authority.[^:]*["#/<>?\\^`{|}\x80-\xff]/s,
    reason: "an :authority may hold what a URI's may not: an Envoy sends its cluster's name there",
  },
  {
    oracle: "stream",
    ours: "nothing",
    how: /content-length/,
    reason: "a content-length that is said twice may be taken as one: RFC 9110, 8.6",
  },
  {
    oracle: "connection",
    ours: "nothing",
    frame: /^SETTINGS$/,
    bytes: /\0[\b\t]/,
    reason: "settings 8 and 9 of a client mean nothing to this server: RFC 8441, 3; RFC 9218, 2.1",
  },
  {
    oracle: "nothing",
    ours: "connection",
    frame: /^SETTINGS$/,
    told: /SETTINGS_/,
    reason: "each entry of SETTINGS is checked, also one that a later entry replaces: RFC 9113, 6.5.2",
  },
  {
    oracle: "connection",
    ours: "nothing",
    frame: /^PING$/,
    places: ["the connection"],
    reason: "an answer to no PING needs no answer: RFC 9113, 6.7; h2spec wants the connection to live",
  },
  {
    oracle: "connection",
    ours: "nothing",
    frame: /^GOAWAY$/,
    places: ["the connection"],
    reason: "a client that goes away keeps the streams that it has: RFC 9113, 6.8; node:http2 ends them",
  },
];

/** The reason for which a difference is accepted; `undefined`: it is none, or a fault of ours. */
export function whyAccepted(deviation: Deviation, oracle: Verdict, ours: Verdict): string | undefined {
  const fits = (one: Accepted): boolean =>
    one.oracle === oracle.ends &&
    one.ours === ours.ends &&
    (one.frame?.test(deviation.frame) ?? true) &&
    (one.how?.test(deviation.how) ?? true) &&
    (one.told?.test(ours.told ?? "") ?? true) &&
    (one.bytes?.test(deviation.bytes.toString("latin1")) ?? true) &&
    (one.places?.includes(deviation.place) ?? true);
  return ACCEPTED.find(fits)?.reason;
}

/** Which streams a server has reset so far. */
export function resetStreams({ view }: Peer): ReadonlySet<number> {
  return new Set([...view.streams].filter(([, { reset }]) => reset !== undefined).map(([id]) => id));
}
