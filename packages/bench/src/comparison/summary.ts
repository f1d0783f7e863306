import { z } from "zod";
import { BenchError } from "../errors.ts";
import { medianOf } from "../results/compare.ts";
import { machineSchema } from "../results/schema.ts";

/** What a document of `npm run bench:peers` says it is. */
export const COMPARISON_FORMAT = "fairlead-bench-peers";
/** A reader takes this one only. Fields may be added to it; one that changes its meaning makes a new version. */
export const COMPARISON_VERSION = 2;

/** Faults that a message names. */
const NAMED_FAULTS = 3;

const cell = z.object({
  contestant: z.string(),
  /** Of each metric: the figures of the rounds that count, in the metric's own unit. */
  values: z.record(z.string(), z.array(z.number()).readonly()).readonly(),
  /** Metrics that are at least so much: the load generator was at its limit in one of the rounds. */
  lowerBounds: z.array(z.string()).readonly(),
  /** Metrics that are at most so much: it was late in one of the rounds. */
  upperBounds: z.array(z.string()).readonly(),
  /** Rounds that don't count, and answers that were wrong: a line each. */
  remarks: z.array(z.string()).readonly(),
});

/** What was run, the same for every contestant: what a row is called is for people, this is for who plans with it. */
const work = z.object({
  scenario: z.string(),
  protocol: z.string(),
  streams: z.number(),
  streamsPerConnection: z.number(),
  resources: z.number(),
  endpoints: z.number(),
  change: z.string(),
  isTls: z.boolean(),
});

const row = z.object({
  id: z.string(),
  work: work.exactOptional(),
  cells: z.array(cell.readonly()).readonly(),
  /** Why this machine could not run it. */
  notRun: z.string().exactOptional(),
});

const summarySchema = z.object({
  format: z.literal(COMPARISON_FORMAT),
  formatVersion: z.literal(COMPARISON_VERSION),
  /** Of the beginning, RFC 3339. */
  startedAt: z.iso.datetime(),
  minutes: z.number(),
  rounds: z.number(),
  isQuick: z.boolean(),
  machine: machineSchema.readonly(),
  /** CPUs of server and load generator; left out where they were not bound. */
  cpus: z.object({ server: z.string(), generator: z.string() }).readonly().exactOptional(),
  /** What its `--version` says, or why it was left out. */
  contestants: z
    .array(
      z.object({ id: z.string(), version: z.string().exactOptional(), leftOut: z.string().exactOptional() }).readonly(),
    )
    .readonly(),
  rows: z.array(row.readonly()).readonly(),
});

/** What a comparison found: the page and its charts are made of this alone (`docs/benchmarks/results.json`). */
export type Summary = Readonly<z.infer<typeof summarySchema>>;
export type RowSummary = Readonly<z.infer<typeof row>>;
/** What was run in a row. */
export type RowWork = Readonly<z.infer<typeof work>>;
/** One contestant in one row. */
export type Cell = Readonly<z.infer<typeof cell>>;

/** Of at least one figure. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The middle of an odd number of figures, the mean of the two middle ones of an even number; `undefined` of none. */
export function spread(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  return { median: medianOf(sorted), min: sorted[0]!, max: sorted.at(-1)! };
}

/**
 * Reads what a comparison left.
 *
 * @param place the file's name, for messages
 * @throws BenchError `result-unreadable`: of another version, or damaged
 */
export function readSummary(json: unknown, place: string): Summary {
  const { formatVersion } = json as { readonly formatVersion?: unknown };
  if (formatVersion !== COMPARISON_VERSION) {
    throw new BenchError(
      "result-unreadable",
      `${place} has format ${JSON.stringify(formatVersion)} of \`npm run bench:peers\`, this version reads ${COMPARISON_VERSION}: run it again`,
    );
  }
  const { success, data, error } = summarySchema.safeParse(json);
  if (success) return data;
  const faults = error.issues
    .slice(0, NAMED_FAULTS)
    .map(({ path, message }) => `${z.core.toDotPath(path)}: ${message}`);
  throw new BenchError(
    "result-unreadable",
    `${place} is damaged: ${faults.join("; ")}: take the file as \`npm run bench:peers\` wrote it`,
  );
}
