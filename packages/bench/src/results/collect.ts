import type { BenchError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import { titleOf } from "../plan/title.ts";
import { nowMs } from "../run/clock.ts";
import type { GeneratorSample, Report, WrongAnswer } from "../run/messages.ts";
import type { Collector, Ended, LiveSample } from "./collector.ts";
import { addCounts, NO_COUNTS, withFaultsOf } from "./counts.ts";
import { createTimes } from "./histogram.ts";
import { readMachine } from "./machine.ts";
import { addHeld, addTick, beginPart, busiestShare, countsOf, isPartOf, type MeasuredPart } from "./measured.ts";
import { type Figures, measureMetrics } from "./metrics.ts";
import type { Result, ResultCounts, ServerCost, Verdict } from "./result.ts";
import { withoutSecrets } from "./secrets.ts";
import { followServer, type ServerMoment } from "./server-use.ts";
import { createStorms } from "./storms.ts";
import { judgeThresholds } from "./thresholds.ts";
import { createTimeline } from "./timeline.ts";
import { formatNumber } from "./units.ts";
import { judgeValidity } from "./validity.ts";
import { judge } from "./verdict.ts";

/** Examples of wrong answers that a result holds. */
const EXAMPLES = 100;
/** A generator that said nothing for so long isn't counted into the rates of the second, ms. */
const SILENCE_MS = 3_000;
/** Over less than that, growth is noise, ms. */
const SLOPE_MS = 60_000;
const MS_PER_HOUR = 3_600_000;

/**
 * Begins to collect. Memory does not grow with time: distributions are histograms, the timeline and whole curves are thinned
 * (see `timeline.ts`, `fleet.ts`).
 *
 * @param startedMs of `nowMs()`: what all times of the result count from
 */
export function collect(plan: Plan, startedMs: number): Collector {
  const startedAt = new Date(Date.now() - (nowMs() - startedMs)).toISOString();
  const server = followServer();
  const storms = createStorms(server);
  const timeline = createTimeline();
  const generators = new Map<number, Generator>();
  const second = { received: createTimes(), issued: 0, atMs: startedMs };
  const wrongAnswers: WrongAnswer[] = [];
  const failures: string[] = [];
  let phase = "setup";
  let idle: ServerMoment | undefined;
  let part: MeasuredPart = beginPart(startedMs, server);
  let isMeasured = false;
  /** Before the part that counts: nothing that is wrong is forgotten. */
  let lostBefore = 0;
  /** Resources that streams lacked in the end: also those who counted for no change, since they were away when it was made. */
  let lackedAtEnd = 0;
  let issued = 0;
  let settled = 0;
  let rssGenerators = 0;

  function addSample(number: number, sample: GeneratorSample): void {
    const known = generators.get(number) ?? { before: NO_COUNTS, rates: NO_RATES, last: undefined };
    const { last } = known;
    const isNewEpoch = last !== undefined && sample.sinceMs !== last.sinceMs;
    const before = isNewEpoch ? addCounts(known.before, last.counts) : known.before;
    generators.set(number, { before, last: sample, rates: ratesOf(known, sample, isNewEpoch) });
    rssGenerators = Math.max(
      rssGenerators,
      sum([...generators.values()], ({ last }) => last?.rssBytes ?? 0),
    );
    if (!isMeasured || sample.sinceMs >= part.fromMs) addTick(part, number, last, sample);
  }

  function addConnected(number: number, connected: number): void {
    const known = generators.get(number);
    if (known) generators.set(number, { ...known, connected });
  }

  function addSettled(report: Extract<Report, { kind: "settled" }>): void {
    lackedAtEnd += sum(report.faults, ({ kind, count }) => (kind === "lost" ? count : 0));
    wrongAnswers.push(...report.faults.slice(0, Math.max(0, EXAMPLES - wrongAnswers.length)));
  }

  function addChange(held: Extract<Report, { kind: "held" }>): void {
    second.received.recordAll(held.receivedMs);
    settled += 1 / Math.max(1, generators.size);
    if (isPartOf(part, held.intendedMs)) addHeld(part, held, generators.size);
    else if (held.intendedMs < part.fromMs) lostBefore += held.missing;
  }

  function countAll(): ResultCounts {
    const whole = [...generators.values()].reduce(
      (counts, { before, last }) => addCounts(counts, addCounts(before, last?.counts ?? NO_COUNTS)),
      NO_COUNTS,
    );
    return {
      ...withFaultsOf(whole, countsOf(part).all),
      lost: Math.max(part.lost + lostBefore, lackedAtEnd),
      changes: part.changes,
      failedChanges: part.failedChanges,
      synced: storms.first.count,
      failedSyncs: storms.failed,
    };
  }

  function figuresAt(atMs: number): Figures {
    const untilMs = Math.min(part.untilMs, atMs);
    const optional = {
      received: part.received.distribution(),
      acked: part.acked.distribution(),
      driven: part.driven.distribution(),
      firstSync: storms.first.distribution(),
      resync: storms.again.distribution(),
      resubscribed: part.resubscribed.distribution(),
      fleet: part.fleet.distributions(),
      server: serverCost(untilMs),
    };
    return {
      format: "fairlead-bench-result",
      formatVersion: 1,
      name: titleOf(plan),
      startedAt,
      durationMs: atMs - startedMs,
      plan: withoutSecrets(plan),
      machine: readMachine(),
      measured: {
        fromMs: part.fromMs - startedMs,
        durationMs: Math.max(0, untilMs - part.fromMs),
        pushes: Math.round(countsOf(part).inTime.pushes),
      },
      curves: part.fleet.curves(startedMs),
      storms: storms.finish(startedMs),
      counts: countAll(),
      wrongAnswers,
      sampleMs: timeline.sampleMs,
      timeline: timeline.samples,
      generator: {
        processes: generators.size,
        cpuShare: busiestShare(part),
        slipP99Ms: part.slip.quantile(0.99) ?? 0,
        slipMaxMs: part.slip.quantile(1) ?? 0,
        rssBytes: rssGenerators,
      },
      ...dropUndefined(optional),
    };
  }

  function serverCost(untilMs: number): ServerCost | undefined {
    const [from, until] = [part.serverFrom.use(), (part.serverUntil ?? server.moment(untilMs)).use()];
    const { source, last } = server;
    if (untilMs <= part.fromMs) return undefined;
    if (source === undefined || last === undefined || from === null || until === null) return undefined;
    const { pushes } = countsOf(part).inTime;
    const rssIdleBytes = idle?.use()?.rssBytes ?? from.rssBytes;
    const open = part.serverUntil === undefined ? openStreams() : part.open;
    const slope = untilMs - part.fromMs < SLOPE_MS ? null : part.rss.value();
    return {
      source,
      cpuMs: until.cpuMs - from.cpuMs,
      cpuUsPerPush: pushes > 0 ? ((until.cpuMs - from.cpuMs) * 1_000) / pushes : null,
      rssIdleBytes,
      rssEndBytes: until.rssBytes,
      rssMaxBytes: server.rssMaxBytes,
      rssPerStreamBytes: open > 0 ? (until.rssBytes - rssIdleBytes) / open : null,
      rssSlopeBytesPerHour: slope === null ? null : slope * MS_PER_HOUR,
      threads: last.threads,
    };
  }

  function judged(figures: Figures, endedBy: BenchError | undefined, notes: readonly string[]): Judgement {
    const metrics = measureMetrics(figures);
    const thresholds = judgeThresholds(plan.thresholds, metrics);
    const validity = judgeValidity(plan, figures, thresholds, endedBy !== undefined);
    const verdict = judge(plan, figures, validity, thresholds, endedBy, [...notes, ...ownNotes(endedBy)]);
    return {
      verdict,
      metrics,
      lowerBounds: validity.lowerBounds,
      thresholds: thresholds.map(({ text, actual, holds }) => ({ text, actual, holds })),
    };
  }

  function ownNotes(endedBy: BenchError | undefined): string[] {
    const { fleet } = part;
    const untold = endedBy?.code === "driver-failed" ? [] : failures; // its message has the last one
    const failed = untold.map((reason) => `a change failed: ${reason}`);
    if (fleet.leftOut === 0) return failed;
    return [
      ...failed,
      `${formatNumber(fleet.leftOut)} changes are not in the fleet's figures: a generator did not tell of them`,
    ];
  }

  const openStreams = () => sum([...generators.values()], ({ last }) => last?.open ?? 0);
  /** For who watches: also what connected since the last sample of a generator. */
  const knownOpen = () =>
    sum([...generators.values()], ({ last, connected = 0 }) => Math.max(last?.open ?? 0, connected));

  return {
    phase(name) {
      phase = name;
    },
    storm(kind, atMs) {
      idle ??= server.moment(atMs);
      storms.begin(kind, atMs);
    },
    measure(fromMs) {
      lostBefore += part.lost;
      part = beginPart(fromMs, server);
      isMeasured = true;
    },
    measured(untilMs) {
      part.untilMs = untilMs;
      part.serverUntil = server.moment(untilMs);
      part.open = openStreams();
    },
    report(generator, report) {
      switch (report.kind) {
        case "ready":
          generators.set(generator, { before: NO_COUNTS, rates: NO_RATES, last: undefined });
          return;
        case "connected":
          addConnected(generator, report.syncMs.length);
          return storms.add(report);
        case "held":
          return addChange(report);
        case "tick":
          return addSample(generator, report.sample);
        case "settled":
          return addSettled(report);
        case "noted":
        case "fatal": // The coordinator's own affairs.
          return;
      }
    },
    issued(_sequence, intendedMs, slipMs) {
      issued++;
      second.issued++;
      if (!isPartOf(part, intendedMs)) return;
      part.changes++;
      part.slip.record(slipMs);
    },
    driven(_sequence, intendedMs, atMs) {
      if (isPartOf(part, intendedMs)) part.driven.record(atMs - intendedMs);
    },
    failed(_sequence, reason) {
      settled++;
      part.failedChanges++;
      part.changes = Math.max(0, part.changes - 1);
      if (failures.length === 0) failures.push(reason);
    },
    withdrawn(intendedMs) {
      settled++;
      if (isPartOf(part, intendedMs)) part.changes--;
    },
    server(source, sample) {
      server.add(source, sample);
      if (sample.atMs >= part.fromMs && sample.atMs <= part.untilMs) part.rss.add(sample.atMs, sample.rssBytes);
    },
    live(atMs): LiveSample {
      const rates = [...generators.values()].filter(({ last }) => last !== undefined && atMs - last.atMs < SILENCE_MS);
      const of = (field: keyof Rates) => sum(rates, (generator) => generator.rates[field]);
      const sample = {
        atMs: atMs - startedMs,
        phase,
        open: knownOpen(),
        changesPerSecond: atMs <= second.atMs ? 0 : (second.issued * 1_000) / (atMs - second.atMs),
        pushesPerSecond: of("pushes"),
        acksPerSecond: of("acks"),
        bytesInPerSecond: of("bytesIn"),
        p50Ms: second.received.quantile(0.5),
        p99Ms: second.received.quantile(0.99),
        generatorCpuShare: Math.max(0, ...rates.map((generator) => generator.rates.cpuShare)),
        serverCpuShare: server.cpuShare(),
        serverRssBytes: server.last?.rssBytes ?? null,
      };
      timeline.add(sample);
      second.received.reset();
      second.issued = 0;
      second.atMs = atMs;
      const { lost, reordered, unchanged, resentAfterNack, malformed, ended, failedChanges } = countAll();
      const faults = lost + reordered + unchanged + resentAfterNack + malformed + ended + failedChanges;
      return { ...sample, faults, behind: Math.max(0, Math.round(issued - settled)) };
    },
    finish({ atMs, aborted, notes }: Ended): Result {
      if (aborted !== undefined && !isMeasured) this.measure(atMs); // the warm-up is no measured part
      const figures = figuresAt(atMs);
      return { ...figures, ...judged(figures, aborted, notes) };
    },
  };
}

interface Generator {
  /** Streams that it has connected since `last`. */
  readonly connected?: number;
  /** What it counted before the last `measure`. */
  readonly before: typeof NO_COUNTS;
  readonly last: GeneratorSample | undefined;
  readonly rates: Rates;
}

interface Rates {
  readonly pushes: number;
  readonly acks: number;
  readonly bytesIn: number;
  readonly cpuShare: number;
}

interface Judgement {
  readonly verdict: Verdict;
  readonly metrics: Result["metrics"];
  readonly lowerBounds: readonly string[];
  readonly thresholds: Result["thresholds"];
}

const NO_RATES: Rates = { pushes: 0, acks: 0, bytesIn: 0, cpuShare: 0 };

/** A second, from a sample to the next; counts that start anew are of the time since they did. */
function ratesOf({ last, rates }: Generator, sample: GeneratorSample, isNewEpoch: boolean): Rates {
  if (last === undefined || sample.atMs <= last.atMs) return rates;
  const from = isNewEpoch ? NO_COUNTS : last.counts;
  const tookMs = sample.atMs - (isNewEpoch ? Math.max(sample.sinceMs, last.atMs) : last.atMs);
  if (tookMs <= 0) return rates;
  const perSecond = (field: "pushes" | "acks" | "bytesIn") => ((sample.counts[field] - from[field]) * 1_000) / tookMs;
  return {
    pushes: perSecond("pushes"),
    acks: perSecond("acks"),
    bytesIn: perSecond("bytesIn"),
    cpuShare: (sample.cpuMs - last.cpuMs) / (sample.atMs - last.atMs),
  };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function dropUndefined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}
