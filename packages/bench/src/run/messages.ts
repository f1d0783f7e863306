import type { Connecting, Plan } from "../plan/plan.ts";

/**
 * Between the coordinator and the generator processes (`child_process` IPC, serialization "advanced").
 * All times are milliseconds of `nowMs()`, the machine's monotonic clock.
 *
 * Order: `prepare` → `ready`; `connect` → `connected`; then `changes` (each acknowledged by `noted`, so that a change is known before
 * the server is told of it), acts and `tick`s; `settle` → `settled`; `close`, after which the process ends.
 */
export type Command =
  | { readonly kind: "prepare"; readonly plan: Plan; readonly clients: Span; readonly generator: number }
  /** Opens the clients of `clients`; pace and bounds are this generator's share. */
  | { readonly kind: "connect"; readonly connecting: Connecting; readonly clients: Span; readonly startMs: number }
  | { readonly kind: "changes"; readonly batch: number; readonly changes: readonly Change[] }
  /** The driver could not make them: nobody will get them. */
  | { readonly kind: "failed"; readonly sequences: readonly number[] }
  /** What is counted and timed from now on belongs to the figures; before: warm-up. */
  | { readonly kind: "measure"; readonly fromMs: number }
  /** This generator's share; zeros end it. */
  | { readonly kind: "churn"; readonly streamsPerSecond: number; readonly subscriptionsPerSecond: number }
  /** Cuts that many connections at once; they come back at that pace, and `connected` tells how. */
  | { readonly kind: "cut"; readonly connections: number; readonly reconnecting: Connecting }
  /** No change follows: waits until all healthy streams have what was changed, at most so long, and then tells who lacks what. */
  | { readonly kind: "settle"; readonly patienceMs: number }
  | { readonly kind: "close" };

/** Clients `from` (counted) to `to` (not counted). */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A change, as it is meant. Latencies are counted from `intendedMs`. */
export interface Change {
  readonly sequence: number;
  readonly intendedMs: number;
  /** Numbers of the resources that it touches. */
  readonly resources: readonly number[] | "all";
}

export type Report =
  | { readonly kind: "ready" }
  /** All clients of a `connect` or `cut` have had their first answer, or failed. */
  | {
      readonly kind: "connected";
      /** From the start of each attempt (its intended time, where there is a pace) to the first whole state, ms. */
      readonly syncMs: Float32Array;
      /** From the start of the storm, ms: when each was synced. */
      readonly syncedAtMs: Float32Array;
      readonly failed: number;
      /** The newest change that any of them holds, from a run before; 0: none. Changes are numbered from after it. */
      readonly newest: number;
      /** Bytes and responses that it took. */
      readonly bytes: number;
      readonly responses: number;
    }
  | { readonly kind: "noted"; readonly batch: number }
  /** All healthy streams of this generator that are interested hold that change (or one after it that covers it), or never will. */
  | {
      readonly kind: "held";
      readonly sequence: number;
      readonly intendedMs: number;
      /** Since its intended time, ms, one of each stream, unsorted. */
      readonly receivedMs: Float32Array;
      /** The same until the ACK was handed to the system. */
      readonly ackedMs: Float32Array;
      /** Interested streams that do not hold it: told at `settle`, or when too many changes or 120 s came after it. Who left is excused. */
      readonly missing: number;
    }
  | { readonly kind: "tick"; readonly sample: GeneratorSample }
  | { readonly kind: "settled"; readonly faults: readonly WrongAnswer[] }
  /** The run can't go on: the target is down, speaks something else, refuses. */
  | { readonly kind: "fatal"; readonly code: string; readonly message: string };

/** Each second, at `measure` just before `counts` start anew, and at the end (before `settled`, and when it closes). Sums, not differences. */
export interface GeneratorSample {
  readonly atMs: number;
  /** Since when `counts` are summed: `fromMs` of the last `measure`; the time of `prepare`, as long as there was none. */
  readonly sinceMs: number;
  readonly counts: Counts;
  /** CPU time of this process, ms, user and system, since it began: `measure` does not reset it. */
  readonly cpuMs: number;
  readonly rssBytes: number;
  /** How late timers of this process fired since the last tick, ms: each one. */
  readonly slipMs: Float32Array;
  /** Since the last tick, ms: from a name's re-subscription (subscription churn) to the answer that brought it, each one. */
  readonly resubscribedMs: Float32Array;
  /** Streams that are open and synced. */
  readonly open: number;
}

/** What came and went, and what was wrong about it. */
export interface Counts {
  /** Responses with resources or removals. */
  readonly pushes: number;
  readonly acks: number;
  readonly nacks: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Responses to a healthy stream that brought nothing new and answered no request of it. */
  readonly unchanged: number;
  /** Responses to a stream that had rejected just that content, with no change since. */
  readonly resentAfterNack: number;
  /** Resources that came in an older state than the stream held. */
  readonly reordered: number;
  /** Streams or connections that ended though we did not end them. */
  readonly ended: number;
  readonly reconnected: number;
  /** Responses that could not be read or did not belong: with the first one's reason in `settled`. */
  readonly malformed: number;
}

/** One thing that was wrong, as an example; the counts say how often. */
export interface WrongAnswer {
  readonly kind: "lost" | "reordered" | "unchanged" | "resent-after-nack" | "malformed" | "ended";
  readonly client: number;
  readonly count: number;
  /** What it was, with names and numbers: `stream 17 holds change 41 of bench-3, not 52`. */
  readonly message: string;
}
