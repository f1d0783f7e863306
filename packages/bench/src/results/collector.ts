import type { BenchError } from "../errors.ts";
import type { ServerSample } from "../observe/observer.ts";
import type { Report } from "../run/messages.ts";
import type { Result, Sample } from "./result.ts";

/**
 * Takes all that is learned during a run and makes the result of it. `collect(plan, startedMs)` (collect.ts) begins one.
 * Times are those of `nowMs()`. Calls come in the order of what they tell.
 */
export interface Collector {
  /** A part of the run begins: `setup`, `connect`, `warmup`, `measure`, `settle`, `step 3: 4000 streams`, … */
  phase(name: string, atMs: number): void;
  /** What is intended from now on counts (`measure` of the generators is sent for the same time). Once in a run. */
  measure(fromMs: number): void;
  /** What is intended from now on counts no more: the scenario's time is over. */
  measured(untilMs: number): void;
  /** Many streams begin to connect; the `connected` of each of these generators belongs to it. One at a time. */
  storm(kind: "connect" | "reconnect", atMs: number, generators: readonly number[]): void;
  /** What a generator says. */
  report(generator: number, report: Report): void;
  /** A change was handed to the driver, that late: how late the coordinator's own timer or messages were (slip), ms. */
  issued(sequence: number, intendedMs: number, slipMs: number): void;
  /** The driver is done with it: the server took it. */
  driven(sequence: number, intendedMs: number, atMs: number): void;
  /** The driver could not make it. */
  failed(sequence: number, reason: string): void;
  /** It was handed to the driver, which did not begin with it before the run was ended. */
  withdrawn(intendedMs: number): void;
  server(source: "proc" | "prometheus", sample: ServerSample): void;
  /** The last second, for the progress; changes that not all have (`behind`), faults so far. */
  live(atMs: number): LiveSample;
  /** The document of what there is. `ended.error`: what ended the run early. */
  finish(ended: Ended): Result;
}

/** What the progress shows. */
export interface LiveSample extends Sample {
  /** Wrong answers, failed changes and streams that ended, so far. */
  readonly faults: number;
  readonly behind: number;
}

/** How a run ended. A search is many runs, each with a collector of its own; `run/search.ts` makes one result of theirs. */
export interface Ended {
  readonly atMs: number;
  /** What ended the run before its time: a signal (code `aborted`, as is the verdict), or what broke it (`invalid`). */
  readonly aborted?: BenchError;
  /** What a reader should know, for `verdict.notes`. */
  readonly notes: readonly string[];
}
