import type { Cause } from "./channels.ts";

/** Upper bounds of the buckets of {@link Durations}, ms. */
export const DURATION_BOUNDS_MS: readonly number[] = [
  1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 15_000, 30_000, 60_000,
];

/** How long something took, each time that it was done. */
export interface Durations {
  readonly count: number;
  readonly sumMs: number;
  /** How many lasted no longer than each of {@link DURATION_BOUNDS_MS} and longer than the one before it; then the others. */
  readonly buckets: readonly number[];
}

/** What was sent and heard of one type since the process began. Every number only grows. */
export interface TypeTraffic {
  /** `other` for all types together that are one too many to be told apart (64). */
  readonly typeUrl: string;
  /** Responses sent, by what caused them. */
  readonly pushes: Readonly<Record<Cause, number>>;
  /** Bytes of those responses. */
  readonly pushedBytes: number;
  readonly acks: number;
  /** From the writing of a response to its ACK. */
  readonly ackLatency: Durations;
  /** From the commit of the newest content in a response to its ACK, where a commit caused it. */
  readonly convergence: Durations;
}

/**
 * What all xDS servers of this process have sent and heard, by type. Counted with each push and ACK, so that metrics need
 * not listen to each: to be read when they are scraped.
 */
export function trafficByType(): Iterable<TypeTraffic> {
  return traffics.values();
}

/** Counts a response that is sent. */
export function countPush(typeUrl: string, cause: Cause, bytes: number): void {
  const traffic = trafficOf(typeUrl);
  traffic.pushes[cause] += 1;
  traffic.pushedBytes += bytes;
}

/** Counts an ACK. */
export function countAck(typeUrl: string, latencyMs: number, convergenceMs: number | undefined): void {
  const traffic = trafficOf(typeUrl);
  traffic.acks += 1;
  addDuration(traffic.ackLatency, latencyMs);
  if (convergenceMs !== undefined) addDuration(traffic.convergence, convergenceMs);
}

/** Clients name types freely. */
const MAX_TYPES = 64;
const OTHER = "other";

interface Counting extends TypeTraffic {
  readonly pushes: Record<Cause, number>;
  pushedBytes: number;
  acks: number;
  readonly ackLatency: CountingDurations;
  readonly convergence: CountingDurations;
}

interface CountingDurations extends Durations {
  count: number;
  sumMs: number;
  readonly buckets: number[];
}

const traffics = new Map<string, Counting>();

function trafficOf(typeUrl: string): Counting {
  return traffics.get(typeUrl) ?? open(traffics.size < MAX_TYPES ? typeUrl : OTHER);
}

function open(typeUrl: string): Counting {
  const traffic = traffics.get(typeUrl) ?? {
    typeUrl,
    pushes: {
      changed: 0,
      subscribed: 0,
      resubscribed: 0,
      unsubscribed: 0,
      warming: 0,
      ttl: 0,
      hosts: 0,
      fresh: 0,
      error: 0,
      bisect: 0,
    },
    pushedBytes: 0,
    acks: 0,
    ackLatency: noDurations(),
    convergence: noDurations(),
  };
  traffics.set(typeUrl, traffic);
  return traffic;
}

function noDurations(): CountingDurations {
  return { count: 0, sumMs: 0, buckets: new Array<number>(DURATION_BOUNDS_MS.length + 1).fill(0) };
}

function addDuration(durations: CountingDurations, ms: number): void {
  durations.count += 1;
  durations.sumMs += ms;
  let at = 0;
  while (at < DURATION_BOUNDS_MS.length && ms > DURATION_BOUNDS_MS[at]!) at++;
  durations.buckets[at]! += 1;
}
