import { quantilesOf } from "../results/histogram.ts";
import type { Distribution, FleetCurve, Result, Storm } from "../results/result.ts";
import { formatNumber, formatValue } from "../results/units.ts";
import type { Axis } from "./axis.ts";
import type { Chart } from "./chart.ts";
import { lineChart, type Series } from "./line-chart.ts";

const STEPS_PER_NINE = 16;
const MAX_NINES = 6;
/** Two curves each would tangle when there are more. */
const MAX_PAIRS = 2;
/** Curves so far apart share no linear axis. */
const WIDE = 12;
const CURVE_ROWS = [1, 10, 50, 90, 95, 99, 100];

/** Percentile curves over an axis by nines: each step to the right is a tenth of what remains. `undefined`: no latencies. */
export function latencyChart(results: readonly Result[]): Chart | undefined {
  const known = results.flatMap((result, color) => linesOf(result, color, results.length > 1));
  if (known.length === 0) return undefined;
  const nines = Math.min(MAX_NINES, Math.max(1, ...known.map(({ distribution }) => Math.log10(distribution.count))));
  const shares = Array.from(
    { length: Math.ceil(nines * STEPS_PER_NINE) + 1 },
    (_, step) => 1 - 10 ** (-step / STEPS_PER_NINE),
  );
  const series = known.map(({ name, color, isDashed, distribution }): Series => {
    const own = shares.filter((share) => 1 - share >= 0.999 / distribution.count);
    return {
      name,
      color,
      isDashed,
      points: quantilesOf(distribution, own).map(({ share, ms }) => [nineOf(share), ms]),
    };
  });
  const heads = ["p50", "p90", "p99", "p999", "max"] as const;
  return lineChart({
    title: "Latency by percentile",
    description: `From the intended time of a change: ${known.map(({ name, distribution }) => `${name} p50 ${ms(distribution.p50)}, p99 ${ms(distribution.p99)}, at most ${ms(distribution.max)}`).join("; ")}.`,
    x: { title: "percentile", unit: "count", axis: ninesAxis(nines) },
    y: { unit: "ms", scale: "log" },
    series,
    tellX: (nine) => `${formatShare(1 - 10 ** -nine)}`,
    table: {
      head: ["", "p50", "p90", "p99", "p99.9", "max"],
      rows: known.map(({ name, distribution }) => [name, ...heads.map((head) => ms(distribution[head]))]),
    },
  });
}

/** How changes went through the fleet: the slowest, and a median one of those kept. */
export function fleetChart(results: readonly Result[]): Chart | undefined {
  const series = results.flatMap(({ name, curves }, color) => {
    const [worst] = curves.filter(({ sample }) => sample === "worst");
    const typical = medianCurve(curves.filter(({ sample }) => sample === "spread"));
    if (results.length > MAX_PAIRS) return typical ? [curveSeries(name, color, false, typical.reachedMs)] : [];
    const prefix = results.length > 1 ? `${name}: ` : "";
    return [
      ...(typical ? [curveSeries(`${prefix}a median change`, color, false, typical.reachedMs)] : []),
      ...(worst ? [curveSeries(`${prefix}the slowest change`, color, true, worst.reachedMs)] : []),
    ];
  });
  return shareChart(
    results.length > MAX_PAIRS ? "Fan-out of a median change" : "Fan-out of a change",
    "since the change",
    "have it",
    series,
  );
}

/** How streams came, at `connect` and after cuts. */
export function stormChart(results: readonly Result[]): Chart | undefined {
  const series = results.flatMap(({ name, storms }, color) => {
    const prefix = results.length > 1 ? `${name}: ` : "";
    const first = storms.find(({ kind }) => kind === "connect");
    if (results.length > MAX_PAIRS) return first ? [curveSeries(name, color, false, first.syncedMs)] : [];
    const worst = storms.filter(({ kind }) => kind === "reconnect").sort((a, b) => endOf(b) - endOf(a))[0];
    return [
      ...(first ? [curveSeries(`${prefix}first connect`, color, false, first.syncedMs)] : []),
      ...(worst ? [curveSeries(`${prefix}slowest reconnect`, color, true, worst.syncedMs)] : []),
    ];
  });
  return shareChart("Connect storm", "since it began", "are synced", series);
}

function shareChart(title: string, since: string, what: string, series: readonly Series[]): Chart | undefined {
  if (series.length === 0) return undefined;
  const timeAt = (one: Series, percent: number) => one.points.find(([, share]) => share === percent / 100)?.[0];
  const tell = (one: Series, percent: number) => {
    const time = timeAt(one, percent);
    return time === undefined ? "never" : ms(time);
  };
  const times = series.flatMap((one) => [timeAt(one, 50) ?? [], timeAt(one, 100) ?? []].flat());
  const scale = Math.max(...times) > WIDE * Math.min(...times) ? "log" : "linear";
  const halves = series.map(
    (one) => `${one.name}: half of the streams after ${tell(one, 50)}, all after ${tell(one, 100)}`,
  );
  return lineChart({
    title,
    description: `Share of the streams that ${what}, over the time ${since}. ${halves.join("; ")}.`,
    x: { title: since, unit: "ms", scale },
    y: { unit: "share", scale: "linear", title: `streams that ${what}` },
    series,
    table: {
      head: ["", ...CURVE_ROWS.map((percent) => `${percent} %`)],
      rows: series.map((one) => [one.name, ...CURVE_ROWS.map((percent) => tell(one, percent))]),
    },
  });
}

function curveSeries(name: string, color: number, isDashed: boolean, curve: FleetCurve["reachedMs"]): Series {
  const points = curve.flatMap((at, percent) => (at === null ? [] : [[at, percent / 100] as const]));
  return { name, color, isDashed, points };
}

interface Line {
  readonly name: string;
  readonly color: number;
  readonly isDashed: boolean;
  readonly distribution: Distribution;
}

/** Of one result all its latencies; of several the one that is compared. */
function linesOf(result: Result, color: number, isCompared: boolean): Line[] {
  const all = [
    ["change → received", result.received],
    ["change → ACK sent", result.acked],
    ["first sync", result.firstSync],
    ["resync", result.resync],
  ] as const;
  const present = all.flatMap(([name, distribution], index) =>
    distribution === undefined ? [] : [{ name, distribution, color: index, isDashed: index % 2 === 1 }],
  );
  if (!isCompared) return present;
  return present.slice(0, 1).map((one) => ({ ...one, name: result.name, color, isDashed: false }));
}

function medianCurve(curves: readonly FleetCurve[]): FleetCurve | undefined {
  const sorted = [...curves].sort((a, b) => lastReached(a.reachedMs) - lastReached(b.reachedMs));
  return sorted[(sorted.length - 1) >> 1];
}

function endOf({ syncedMs }: Storm): number {
  return lastReached(syncedMs);
}

function lastReached(curve: readonly (number | null)[]): number {
  return curve.at(-1) ?? Number.POSITIVE_INFINITY;
}

const nineOf = (share: number) => -Math.log10(1 - share);

function ninesAxis(nines: number) {
  return ([from, to]: readonly [number, number]): Axis => {
    const at = (nine: number) => from + (nine / nines) * (to - from);
    const marks = [0, -Math.log10(0.5), ...Array.from({ length: Math.floor(nines) }, (_, index) => index + 1)];
    return { at, unit: "", ticks: marks.map((nine) => ({ at: at(nine), text: formatShare(1 - 10 ** -nine) })) };
  };
}

/** `99.99 %`: as many digits as it takes to be told from its neighbours. */
function formatShare(share: number): string {
  const digits = Math.max(0, Math.ceil(nineOf(share) - 1e-6) - 2);
  return `${(share * 100).toFixed(digits)} %`;
}

const ms = (value: number) => formatValue(value, "ms");

/** What a run was like over time: a chart each for throughput, latency, CPU and memory, those that have figures. */
export function timelineCharts(result: Result): Chart[] {
  const { timeline, measured, sampleMs } = result;
  const at = (field: keyof Result["timeline"][number]) =>
    thin(timeline.map((sample) => [sample.atMs, typeof sample[field] === "number" ? sample[field] : null] as const));
  const line = (name: string, field: keyof Result["timeline"][number], color: number, isDashed = false): Series => ({
    name,
    color,
    isDashed,
    points: at(field),
  });
  const shared = {
    x: { title: "since the start", unit: "ms" as const },
    shade: { from: measured.fromMs, to: measured.fromMs + measured.durationMs, text: "measured" },
  };
  const plans = [
    { title: "Pushes received", unit: "1/s", series: [line("pushes", "pushesPerSecond", 0)] },
    { title: "Latency over time", unit: "ms", series: [line("p50", "p50Ms", 0), line("p99", "p99Ms", 1)] },
    {
      title: "CPU",
      unit: "share",
      note: "of a core",
      series: [line("server", "serverCpuShare", 0), line("busiest generator", "generatorCpuShare", 5, true)],
    },
    { title: "Memory of the server", unit: "bytes", note: "resident", series: [line("server", "serverRssBytes", 3)] },
    { title: "Open streams", unit: "count", note: "streams", series: [line("streams", "open", 2)] },
  ] as const;
  return plans.flatMap(({ title, unit, series, ...rest }) => {
    const drawn: Series[] = series.filter(({ points }) => points.some(([, value]) => value !== null));
    if (drawn.length === 0) return [];
    const note = "note" in rest ? rest.note : undefined;
    return lineChart({
      ...shared,
      title,
      description: `Over time, a point for ${formatValue(sampleMs, "ms")}: ${drawn.map(tellExtent(unit)).join("; ")}.`,
      y: { unit, scale: "linear", ...(note !== undefined && { title: note }) },
      series: drawn,
      table: {
        head: ["", "lowest", "median", "highest", "last"],
        rows: drawn.map(({ name, points }) => [name, ...extremes(points).map((value) => formatValue(value, unit))]),
      },
    });
  });
}

function tellExtent(unit: Parameters<typeof formatValue>[1]) {
  return ({ name, points }: Series) => {
    const [lowest, , highest] = extremes(points);
    return `${name} from ${formatValue(lowest, unit)} to ${formatValue(highest, unit)}`;
  };
}

function extremes(points: Series["points"]): [number, number, number, number] {
  const values = points.flatMap(([, value]) => value ?? []);
  const sorted = values.toSorted((a, b) => a - b);
  return [sorted[0] ?? 0, sorted[sorted.length >> 1] ?? 0, sorted.at(-1) ?? 0, values.at(-1) ?? 0];
}

const BUCKETS = 90;

/** A long line keeps the lowest and the highest of each stretch: no spike and no stall gets lost. */
function thin(points: Series["points"]): Series["points"] {
  if (points.length <= BUCKETS * 2) return points;
  const size = Math.ceil(points.length / BUCKETS);
  return Array.from({ length: Math.ceil(points.length / size) }, (_, index) => {
    const known = points.slice(index * size, (index + 1) * size).filter(([, value]) => value !== null);
    if (known.length === 0) return [[points[index * size]![0], null] as const];
    const sorted = known.toSorted(([, a], [, b]) => a! - b!);
    return [sorted[0]!, sorted.at(-1)!].sort(([a], [b]) => a - b);
  }).flat();
}

/** For titles: `5,000 streams, ads-sotw, 10 changes/s`. */
export function describePlan({ plan }: Result): string {
  const { streams, protocol, workload, scenario } = plan;
  const rate = "changesPerSecond" in scenario ? [`${formatNumber(scenario.changesPerSecond)} changes/s`] : [];
  const resources = `${formatNumber(workload.count)} ${workload.type} of ${formatNumber(workload.endpoints)}`;
  return [scenario.kind, `${formatNumber(streams)} streams`, protocol, resources, ...rate].join(" · ");
}
