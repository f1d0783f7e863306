import { BenchError } from "../errors.ts";
import { formatNumber } from "../results/units.ts";
import { fitNonNegative } from "./least-squares.ts";
import { hasManyStreams, isOfPushes, MAX_RESOURCES, type Measurement } from "./measurement.ts";

/** What a server's work costs, as measured: a plan is made of this alone. */
export interface Costs {
  readonly isTls: boolean;
  /** CPU of a push and its ACK: `pushUs + perKbUs × KB`, and of a change, once per replica: `changeUs`. */
  readonly cpu: { readonly pushUs: number; readonly perKbUs: number; readonly changeUs: number };
  /** Memory: of a process, of what it works with under load, of a stream. */
  readonly memory: { readonly idleBytes: number; readonly workingBytes: number; readonly streamBytes: number };
  /** A change until the last stream has it: so much, and so much for each stream; left out: not measured. */
  readonly fanOut?: { readonly fixedMs: number; readonly streamMs: number };
  /** CPU of a connection until its first sync. */
  readonly connectUs: number;
  /** The most streams that were measured on one process: what is more is extrapolated. */
  readonly measuredStreams: number;
  /** The pushes that were measured, bytes. */
  readonly measuredBytes: readonly [least: number, most: number];
  /** Of each fit, by what it is called: what it was made of. */
  readonly from: Readonly<Record<"cpu" | "memory" | "fanOut" | "connect", readonly string[]>>;
  /** What the measurements don't tell. */
  readonly unknown: readonly string[];
}

const KB = 1_000;

const ROWS = "`npm run bench:peers -- --only fairlead --rows";

/**
 * Finds what things cost, by least squares.
 *
 * @throws BenchError `bad-plan`: measurements are missing, with the row that brings them
 */
export function fitCosts(all: readonly Measurement[], isTls: boolean): Costs {
  const plain = all.filter((one) => !one.isTls && one.protocol !== "raw" && one.protocol !== "rest");
  const chosen = isTls ? all.filter((one) => one.isTls) : plain;
  const { cpu, cpuFrom, unknown: unknownOfCpu } = fitCpu(plain);
  const memory = fitMemory(chosen, isTls);
  const fan = fitFanOut(plain);
  const connects = withMetric(chosen, "sync_cpu_us").filter(hasManyStreams);
  const connect = connects.toSorted((a, b) => a.streams - b.streams).at(-1);
  if (connect === undefined) throw missing("what a connection costs", isTls ? "connect-10000-mtls" : "first-sync-5000");
  const encryption = isTls ? encryptionOf(chosen, cpu) : { perKbUs: 0, names: [] };
  const bytes = cpuFrom.map((one) => one.metrics.bytes_per_push!);
  return {
    isTls,
    cpu: { ...cpu, perKbUs: cpu.perKbUs + encryption.perKbUs },
    memory: memory.costs,
    ...(fan && { fanOut: fan.costs }),
    connectUs: connect.metrics.sync_cpu_us!,
    measuredStreams: Math.max(...memory.from.map(({ streams }) => streams)),
    measuredBytes: [Math.min(...bytes), Math.max(...bytes)],
    from: {
      cpu: [...namesOf(cpuFrom), ...encryption.names],
      memory: namesOf(memory.from),
      fanOut: fan ? namesOf(fan.from) : [],
      connect: [connect.name],
    },
    unknown: [
      ...unknownOfCpu,
      ...(fan ? [] : [`how long a change takes to all streams: ${rowsToRun("fanout-15000")}`]),
    ],
  };
}

function fitCpu(plain: readonly Measurement[]) {
  const usable = plain.filter(isOfPushes);
  if (usable.length === 0) throw missing("the CPU of a push", "saturation-1kb,saturation-100kb-all");
  const observe = (withChange: boolean) =>
    usable.map(({ metrics, streams }) => ({
      x: [1, metrics.bytes_per_push! / KB, ...(withChange ? [1 / streams] : [])],
      y: metrics.cpu_us_per_push!,
    }));
  const whole = new Set(usable.map(({ streams }) => streams)).size > 1 ? fitNonNegative(observe(true)) : undefined;
  const found = whole ?? fitNonNegative(observe(false));
  if (found === undefined) {
    const size = formatNumber(usable[0]!.metrics.bytes_per_push! / KB);
    throw missing(
      `the CPU of a push at a second size (there is ${size} KB alone)`,
      "saturation-1kb,saturation-100kb-all",
    );
  }
  const [pushUs = 0, perKbUs = 0, changeUs = 0] = found;
  const unknown = [
    ...(whole
      ? []
      : [
          `what a change costs a replica beside its pushes, with another number of streams: ${rowsToRun("steady-5000")}`,
        ]),
    `what an ACK costs that names more than ${MAX_RESOURCES} resources: such rows are not in the fit`,
  ];
  return { cpu: { pushUs, perKbUs, changeUs }, cpuFrom: usable, unknown };
}

/** What TLS adds to a push, taken to grow with its bytes. */
function encryptionOf(tls: readonly Measurement[], { pushUs, perKbUs, changeUs }: Costs["cpu"]) {
  const usable = tls.filter(isOfPushes);
  if (usable.length === 0) throw missing("the CPU of a push over TLS", "mtls-2500");
  const added = usable.map(({ metrics, streams }) => {
    const kb = metrics.bytes_per_push! / KB;
    return Math.max(0, metrics.cpu_us_per_push! - pushUs - perKbUs * kb - changeUs / streams) / kb;
  });
  return { perKbUs: Math.max(...added), names: namesOf(usable) };
}

function fitMemory(chosen: readonly Measurement[], isTls: boolean) {
  const known = withMetric(withMetric(chosen, "rss_idle"), "rss_max");
  const many = known.filter(hasManyStreams);
  if (many.length === 0) throw missing("the memory of a stream", isTls ? "mtls-2500" : "fanout-8200,fanout-15000");
  const idleBytes = many.map(({ metrics }) => metrics.rss_idle!).sort((a, b) => a - b)[many.length >> 1]!;
  const fitted = fitNonNegative(many.map(({ metrics, streams }) => ({ x: [1, streams], y: metrics.rss_max! })));
  const [base = idleBytes, streamBytes = 0] = fitted ?? [
    idleBytes,
    Math.max(...many.map(({ metrics, streams }) => (metrics.rss_max! - idleBytes) / streams)),
  ];
  return { costs: { idleBytes, workingBytes: Math.max(0, base - idleBytes), streamBytes }, from: many };
}

function fitFanOut(plain: readonly Measurement[]) {
  const from = withMetric(plain, "fleet_p100_p50").filter((one) => one.scenario === "fanout" && hasManyStreams(one));
  if (from.length === 0) return undefined;
  const observations = from.map(({ metrics, streams }) => ({ x: [1, streams], y: metrics.fleet_p100_p50! }));
  const slowest = Math.max(...observations.map(({ x, y }) => y / x[1]!));
  const [fixedMs = 0, streamMs = 0] = fitNonNegative(observations) ?? [0, slowest];
  return { costs: { fixedMs, streamMs }, from };
}

function withMetric(measurements: readonly Measurement[], metric: string): readonly Measurement[] {
  return measurements.filter(({ metrics }) => (metrics[metric] ?? 0) > 0);
}

function missing(what: string, rows: string): BenchError {
  return new BenchError("bad-plan", `${what} was not measured: ${rowsToRun(rows)}, or give more --from`);
}

const rowsToRun = (rows: string) => `run ${ROWS} ${rows}\``;
const namesOf = (measurements: readonly Measurement[]) => measurements.map(({ name }) => name);
