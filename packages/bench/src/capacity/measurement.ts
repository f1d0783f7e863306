import { COMPARISON_FORMAT, readSummary, type Summary, spread } from "../comparison/summary.ts";
import { BenchError } from "../errors.ts";
import { readResult } from "../results/read-result.ts";
import type { Result } from "../results/result.ts";

/** What was done to a server, and what it took: all that a capacity plan knows of a run. */
export interface Measurement {
  /** The row of a comparison, or the name of a result. */
  readonly name: string;
  readonly scenario: string;
  readonly protocol: string;
  readonly streams: number;
  readonly resources: number;
  readonly isTls: boolean;
  /** By the names of `results/metrics.ts`, in their own units; of several rounds the median. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Pushes at full load or at a steady rate: other scenarios are too short for CPU per push. */
const OF_PUSHES = ["saturation", "steady", "soak"];
/** Above that, what an ACK of all names costs would be taken for the price of a push. */
export const MAX_RESOURCES = 100;
/** Fewer streams say nothing of the memory of one: the process's own heap comes and goes by more. */
const MIN_STREAMS = 2_000;

/** Whether its CPU per push is that of pushes: many of them, and of few resources. */
export function isOfPushes({ scenario, resources, metrics }: Measurement): boolean {
  const { cpu_us_per_push: cpu = 0, bytes_per_push: bytes = 0 } = metrics;
  return OF_PUSHES.includes(scenario) && resources <= MAX_RESOURCES && cpu > 0 && bytes > 0;
}

/** Whether it tells what a stream takes. */
export function hasManyStreams({ streams, resources }: Measurement): boolean {
  return streams >= MIN_STREAMS && resources <= MAX_RESOURCES;
}

const FORMATS = "a result of `fairlead bench run --json`, or the results.json of `npm run bench:peers`";

/**
 * The measurements in a file: one of a result; of a comparison one for each row in which Fairlead was measured.
 *
 * @param place the file's name, for messages
 * @throws BenchError `result-unreadable`
 */
export function readMeasurements(text: string, place: string): readonly Measurement[] {
  const json = parseJson(text, place);
  if ((json as { readonly format?: unknown } | null)?.format === COMPARISON_FORMAT) {
    return measurementsOf(readSummary(json, place));
  }
  if (typeof json !== "object" || json === null || !("format" in json)) {
    throw new BenchError("result-unreadable", `${place} holds no measurements: expected ${FORMATS}`);
  }
  return [measurementOf(readResult(text, place))];
}

/** Several files one after the other. Results of one name are rounds: their medians count. */
export function mergeRounds(measurements: readonly Measurement[]): readonly Measurement[] {
  const byName = Map.groupBy(measurements, ({ name }) => name);
  return [...byName.values()].map((rounds) => {
    const names = new Set(rounds.flatMap(({ metrics }) => Object.keys(metrics)));
    const entries = [...names].map((name) => {
      const values = rounds.flatMap(({ metrics }) => metrics[name] ?? []);
      return [name, spread(values)!.median] as const;
    });
    return { ...rounds[0]!, metrics: Object.fromEntries(entries) };
  });
}

function measurementsOf({ rows }: Summary): readonly Measurement[] {
  return rows.flatMap(({ id, work, cells }) => {
    const cell = cells.find(({ contestant }) => contestant === "fairlead");
    if (work === undefined || cell === undefined) return [];
    const { scenario, protocol, streams, resources, isTls } = work;
    const medians = Object.entries(cell.values).map(([name, values]) => [name, spread(values)?.median] as const);
    const metrics = Object.fromEntries(medians.filter((entry): entry is [string, number] => entry[1] !== undefined));
    return [{ name: id, scenario, protocol, streams, resources, isTls, metrics }];
  });
}

function measurementOf({ name, plan, metrics }: Result): Measurement {
  const { scenario, protocol, streams, workload, target } = plan;
  const isTls = target.tls !== undefined;
  return { name, scenario: scenario.kind, protocol, streams, resources: workload.count, isTls, metrics };
}

function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = `${place} is no JSON: ${(cause as Error).message}: expected ${FORMATS}`;
    throw new BenchError("result-unreadable", message, { cause });
  }
}
