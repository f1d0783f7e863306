import type { Plan } from "../../src/plan/plan.ts";
import { collect } from "../../src/results/collect.ts";
import { NO_COUNTS } from "../../src/results/counts.ts";
import type { Result } from "../../src/results/result.ts";
import type { Counts, Report } from "../../src/run/messages.ts";

/** A minute at 10 changes a second, 100 streams, one generator. */
export const steadyPlan: Plan = {
  target: { host: "127.0.0.1", port: 18_000 },
  protocol: "ads-sotw",
  streams: 100,
  streamsPerConnection: 1,
  node: { id: "bench-{n}", cluster: "bench" },
  workload: {
    type: "endpoints",
    count: 10,
    endpoints: 30,
    nameTemplate: "bench-{i}",
    subscribe: "all",
    change: "in-turn",
    recognise: "mark",
  },
  driver: { kind: "exec", command: "./change" },
  scenario: { kind: "steady", connecting: { atOnce: 100 }, changesPerSecond: 10, warmupMs: 5_000, durationMs: 10_000 },
  population: [{ share: 1, behaviour: { kind: "healthy" } }],
  generators: 1,
  server: { pid: 1 },
  thresholds: [],
};

/** What a scripted run is like where it differs from a good one. */
export interface Deviation {
  readonly plan?: Partial<Plan>;
  readonly seconds?: number;
  readonly generators?: number;
  readonly changesPerSecond?: number;
  /** Latency of a stream for a change, ms. */
  readonly latencyMs?: (sequence: number, stream: number) => number;
  readonly missing?: (sequence: number) => number;
  readonly slipMs?: number;
  /** CPU of each generator, of a core. */
  readonly cpuShare?: number;
  readonly counts?: Partial<Counts>;
  readonly failed?: number;
  readonly withoutServer?: boolean;
  readonly aborted?: Parameters<ReturnType<typeof collect>["finish"]>[0]["aborted"];
}

const START = 1_000_000;
const WARM_UP_SECONDS = 5;

/** The reports of a whole run, as generators and observers would send them, and what is made of them. */
export function collectRun(deviation: Deviation = {}): Result {
  const plan = { ...steadyPlan, ...deviation.plan };
  const { seconds = 10, generators = 1, changesPerSecond = 10, slipMs = 1, cpuShare = 0.3 } = deviation;
  const { latencyMs = (_sequence, stream) => 1 + stream, missing = () => 0, counts = {} } = deviation;
  const collector = collect(plan, START);
  const streams = plan.streams / generators;
  const everyGenerator = (report: (generator: number) => Report) => {
    for (let generator = 0; generator < generators; generator++) collector.report(generator, report(generator));
  };
  const serverAt = (atMs: number, pushes: number) => {
    if (deviation.withoutServer === true) return;
    const rssBytes = 50_000_000 + (atMs > START + 500 ? plan.streams * 10_000 : 0);
    collector.server("proc", { atMs, cpuMs: pushes * 0.02, rssBytes, threads: 7 });
  };
  everyGenerator(() => ({ kind: "ready" }));
  serverAt(START, 0);
  collector.phase("connect", START);
  collector.storm("connect", START, [...Array(generators).keys()]);
  everyGenerator((generator) => ({
    kind: "connected",
    syncMs: Float32Array.from({ length: streams }, (_, stream) => 1 + stream + generator * streams),
    syncedAtMs: Float32Array.from({ length: streams }, (_, stream) => 1 + stream + generator * streams),
    failed: 0,
    newest: 0,
    bytes: 1_000 * streams,
    responses: streams,
  }));
  let sequence = 0;
  const fromMs = START + WARM_UP_SECONDS * 1_000;
  for (let second = 1; second <= WARM_UP_SECONDS + seconds; second++) {
    const atMs = START + second * 1_000;
    const isMeasured = atMs > fromMs;
    for (let turn = 0; turn < changesPerSecond; turn++) {
      const intendedMs = atMs - 1_000 + (turn * 1_000) / changesPerSecond;
      const number = ++sequence;
      collector.issued(number, intendedMs, slipMs);
      if (isMeasured && number % 1_000 < (deviation.failed ?? 0)) collector.failed(number, "503 from the admin API");
      everyGenerator((generator) => {
        const lacking = generator === 0 ? missing(number) : 0;
        const times = Float32Array.from({ length: streams - lacking }, (_, stream) =>
          latencyMs(number, generator * streams + stream),
        );
        return {
          kind: "held",
          sequence: number,
          intendedMs,
          receivedMs: times,
          ackedMs: times.map((ms) => ms + 1),
          missing: lacking,
        };
      });
    }
    const sinceSeconds = isMeasured ? second - WARM_UP_SECONDS : second;
    const pushes = sinceSeconds * changesPerSecond * streams;
    everyGenerator(() => ({
      kind: "tick",
      sample: {
        atMs,
        sinceMs: isMeasured ? fromMs : START,
        counts: { ...NO_COUNTS, pushes, acks: pushes, bytesIn: pushes * 1_000, ...(isMeasured ? counts : {}) },
        cpuMs: second * 1_000 * cpuShare,
        rssBytes: 100_000_000,
        slipMs: Float32Array.of(slipMs, slipMs),
        resubscribedMs: new Float32Array(0),
        open: streams,
      },
    }));
    serverAt(atMs, second * changesPerSecond * plan.streams);
    collector.live(atMs);
    if (atMs === fromMs) {
      collector.phase("measure", fromMs);
      collector.measure(fromMs);
    }
  }
  const untilMs = fromMs + seconds * 1_000;
  collector.measured(untilMs);
  everyGenerator(() => ({ kind: "settled", faults: [] }));
  return collector.finish({
    atMs: untilMs + 100,
    notes: [],
    ...(deviation.aborted !== undefined && { aborted: deviation.aborted }),
  });
}
