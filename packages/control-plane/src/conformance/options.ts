import type { ClientTls } from "@fairlead/xds";

/** The waits of the server under test that cases of Fairlead's own promises measure by, ms; named as in `xds.timings`. */
export interface Timings {
  /** After this time without an answer a newer response may be sent. Default: 5,000. */
  readonly silenceMs: number;
  /** How long a dropped cluster stays after nothing refers to it any more. Default: 2,000. */
  readonly removalLingerMs: number;
  /** How long clusters stay that a changed listener referred to. Default: 610,000. */
  readonly listenerDrainMs: number;
  /** How long is waited for clusters that warm without a sign, on a stream per type. Default: 1,000. */
  readonly warmGraceMs: number;
  /** How long a stage waits for a silent proxy. Default: 20,000. */
  readonly deadlineMs: number;
  /** How long the streams of one type of a proxy that comes back wait for each other. Default: 35,000. */
  readonly returnDeadlineMs: number;
}

/** Fairlead's defaults. */
export const DEFAULT_TIMINGS: Timings = {
  silenceMs: 5_000,
  removalLingerMs: 2_000,
  listenerDrainMs: 610_000,
  warmGraceMs: 1_000,
  deadlineMs: 20_000,
  returnDeadlineMs: 35_000,
};

/** The server under test, and how patient to be with it. */
export interface TargetOptions {
  /** `host:port` of the xDS server. */
  readonly target: string;
  /** `host:port` of xDS by REST. Default: as `target`. */
  readonly restTarget?: string | undefined;
  /** Left out: plaintext. */
  readonly tls?: ClientTls | undefined;
  /** Longest wait for one thing that must come, ms. */
  readonly timeoutMs: number;
  /** How long nothing may come where silence can't be proved by a round trip, ms. */
  readonly quietMs: number;
  readonly timings: Timings;
}
