/** The timings and bounds of make before break (protocol.md, O1). Every one may be changed; these are the defaults. */
export interface StageOptions {
  /** Whether changes are staged at all; without it, everything is sent at once. Default: true. */
  readonly isStaged: boolean;
  /** How long what was dropped outlives the last confirmation, ms. Default: 2,000. */
  readonly removalLingerMs: number;
  /** How long a changed or removed listener's old connections may live on, ms; above Envoy's `--drain-time-s`. Default: 610,000. */
  readonly listenerDrainMs: number;
  /** How long a cluster that warms without a sign is waited for, ms. Default: 1,000. */
  readonly warmGraceMs: number;
  /** When an unanswered response stops blocking newer content, ms (C3). Default: 5,000. */
  readonly answerPatienceMs: number;
  /** When silence counts as consent, ms; above Envoy's own 15 s. Default: 20,000. */
  readonly silenceDeadlineMs: number;
  /**
   * How long the streams of a client that comes back with one per type wait for each other, from when it could be answered first,
   * ms; above the longest backoff of an Envoy, 30 s. Default: 35,000.
   */
  readonly returnDeadlineMs: number;
  /**
   * How long a client that polls (REST) may take until it is known how often it does, ms; then it is forgotten after
   * three polls, or {@link silenceDeadlineMs} if that is longer. Default: 300,000.
   */
  readonly unpacedPollMs: number;
  /** How long a client that names its clusters keeps one it does not unsubscribe, ms. Default: 20,000. */
  readonly namedClusterLingerMs: number;
  /** Most resources of a type retained for one client; then the oldest goes, with a warning. Default: 1,000. */
  readonly maxRetained: number;
  /**
   * Whether a virtual host is sent only once it is asked for by name, `<route configuration>/<host>` (D8). Default: false,
   * all those of the route configurations that a client subscribes to.
   */
  readonly hostsOnDemand: boolean;
}

/** The defaults of protocol.md. */
export const DEFAULT_STAGE_OPTIONS: StageOptions = {
  isStaged: true,
  removalLingerMs: 2_000,
  listenerDrainMs: 610_000,
  warmGraceMs: 1_000,
  answerPatienceMs: 5_000,
  silenceDeadlineMs: 20_000,
  returnDeadlineMs: 35_000,
  unpacedPollMs: 300_000,
  namedClusterLingerMs: 20_000,
  maxRetained: 1_000,
  hostsOnDemand: false,
};
