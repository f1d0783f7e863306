/** What the server under test has used so far. `observe(server)` (observe.ts) makes the observer that the plan asks for. */
export interface ServerSample {
  /** Milliseconds of `nowMs()`. */
  readonly atMs: number;
  /** CPU time, user and system, of the process and its children, ms since it began. */
  readonly cpuMs: number;
  readonly rssBytes: number;
  readonly threads: number | null;
}

/** Looks at the server under test. */
export interface Observer {
  readonly source: "proc" | "prometheus";
  /** `null` when it could not be seen this time (a scrape that failed, a process that is gone). Never throws. */
  sample(): Promise<ServerSample | null>;
  /** Why the last one could not be taken. */
  readonly fault: string | undefined;
}
