import { createSlope } from "../observe/slope.ts";
import type { Counts, GeneratorSample, Report } from "../run/messages.ts";
import { addCounts, mixCounts, NO_COUNTS } from "./counts.ts";
import { createFleet } from "./fleet.ts";
import { createTimes } from "./histogram.ts";
import type { ServerMoment, ServerUse } from "./server-use.ts";

/** What the figures are of: from `measure` to `measured`. */
export interface MeasuredPart {
  readonly fromMs: number;
  /** Infinite as long as it lasts. */
  untilMs: number;
  readonly received: ReturnType<typeof createTimes>;
  readonly acked: ReturnType<typeof createTimes>;
  readonly resubscribed: ReturnType<typeof createTimes>;
  readonly driven: ReturnType<typeof createTimes>;
  /** How late the timers of all processes fired. */
  readonly slip: ReturnType<typeof createTimes>;
  readonly fleet: ReturnType<typeof createFleet>;
  readonly rss: ReturnType<typeof createSlope>;
  readonly serverFrom: ServerMoment;
  serverUntil: ServerMoment | undefined;
  changes: number;
  failedChanges: number;
  lost: number;
  /** Open streams at its end. */
  open: number;
  readonly generators: Map<number, GeneratorPart>;
}

/** One generator's share of it. */
interface GeneratorPart {
  /** The sample that it begins with. */
  readonly first: GeneratorSample;
  last: GeneratorSample;
  /** At its end: what came later belongs to changes of it, but not to its rates. */
  end: { readonly counts: Counts; readonly cpuMs: number; readonly atMs: number } | undefined;
}

/** Begins it. */
export function beginPart(fromMs: number, server: ServerUse): MeasuredPart {
  return {
    fromMs,
    untilMs: Number.POSITIVE_INFINITY,
    received: createTimes(),
    acked: createTimes(),
    resubscribed: createTimes(),
    driven: createTimes(),
    slip: createTimes(),
    fleet: createFleet(),
    rss: createSlope(),
    serverFrom: server.moment(fromMs),
    serverUntil: undefined,
    changes: 0,
    failedChanges: 0,
    lost: 0,
    open: 0,
    generators: new Map(),
  };
}

/** Whether a change that was intended then counts. */
export function isPartOf(part: MeasuredPart, intendedMs: number): boolean {
  return intendedMs >= part.fromMs && intendedMs < part.untilMs;
}

/** A generator's second. `before`: its last one, of whatever part. */
export function addTick(
  part: MeasuredPart,
  generator: number,
  before: GeneratorSample | undefined,
  sample: GeneratorSample,
): void {
  const known = part.generators.get(generator);
  // CPU is counted from the process's start, so the part's own begins at the sample that ended the part before it.
  const own = known ?? { first: before ?? sample, last: sample, end: undefined };
  if (known === undefined) part.generators.set(generator, own);
  if (sample.atMs >= part.untilMs) own.end ??= atEnd(own.last, sample, part.untilMs);
  else part.slip.recordAll(sample.slipMs);
  part.resubscribed.recordAll(sample.resubscribedMs);
  own.last = sample;
}

/** What all streams hold, or lack, of a change. */
export function addHeld(part: MeasuredPart, held: Extract<Report, { kind: "held" }>, generators: number): void {
  part.received.recordAll(held.receivedMs);
  part.acked.recordAll(held.ackedMs);
  part.lost += held.missing;
  part.fleet.add(held, generators);
}

/** All that came, and what of it came before the end. */
export function countsOf(part: MeasuredPart): { readonly all: Counts; readonly inTime: Counts } {
  let all = NO_COUNTS;
  let inTime = NO_COUNTS;
  for (const { last, end } of part.generators.values()) {
    all = addCounts(all, last.counts);
    inTime = addCounts(inTime, end?.counts ?? last.counts);
  }
  return { all, inTime };
}

/** Of a core: the busiest generator process, on average over the part. */
export function busiestShare(part: MeasuredPart): number {
  const shares = [...part.generators.values()].map(({ first, last, end }) => {
    const { cpuMs, atMs } = end ?? last;
    return atMs <= first.atMs ? 0 : (cpuMs - first.cpuMs) / (atMs - first.atMs);
  });
  return Math.max(0, ...shares);
}

function atEnd(last: GeneratorSample, sample: GeneratorSample, untilMs: number): NonNullable<GeneratorPart["end"]> {
  // A first sample of the part that comes after its end: nothing is known in between.
  if (sample.atMs <= last.atMs) return { counts: sample.counts, cpuMs: sample.cpuMs, atMs: sample.atMs };
  const share = Math.max(0, (untilMs - last.atMs) / (sample.atMs - last.atMs));
  return {
    counts: mixCounts(last.counts, sample.counts, share),
    cpuMs: last.cpuMs + share * (sample.cpuMs - last.cpuMs),
    atMs: untilMs,
  };
}
