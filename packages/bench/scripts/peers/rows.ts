import type { RowWork } from "../../src/comparison/summary.ts";
import type { Plan } from "../../src/plan/plan.ts";

/** What one row of the comparison runs: the same for every contestant. */
export interface Row {
  readonly id: string;
  readonly title: string;
  /** What is done, in a sentence or two, for the page. */
  readonly text: string;
  readonly protocol: Plan["protocol"];
  readonly streams: number;
  /** Left out: one. */
  readonly streamsPerConnection?: number;
  readonly resources: number;
  readonly endpoints: number;
  readonly change: Plan["workload"]["change"];
  readonly type: Plan["workload"]["type"];
  /** Names that each stream asks for, and how far apart those of two streams begin; left out: all. */
  readonly window?: { readonly each: number; readonly stride: number };
  /** Mutual TLS; left out: plaintext. */
  readonly isTls?: true;
  /** Node's pauses of garbage collection are told too: of servers that run in Node alone. */
  readonly areTimesOfCollection?: true;
  /** As a plan has it. */
  readonly scenario: Readonly<Record<string, unknown>>;
  /** Metrics of the result that the row tells, the first one is drawn. */
  readonly metrics: readonly Column[];
  /** All comes at once: a load generator on one core is late then, and times are told as bounds rather than measured again. */
  readonly isBurst?: true;
  /** These take part alone, since the others tell nothing here or can't; left out: all. */
  readonly contestants?: readonly string[];
  /** Run with `--quick` too. */
  readonly isQuick: boolean;
}

/** What a row does, for who plans with its figures. */
export function workOf(row: Row): RowWork {
  const { scenario, protocol, streams, streamsPerConnection = 1, resources, endpoints, change, isTls = false } = row;
  return {
    scenario: String(scenario.kind),
    ...{ protocol, streams, streamsPerConnection, resources, endpoints, change, isTls },
  };
}

/** A metric, as the page shows it: of a run's result, or of `row-metrics.ts`. */
export interface Column {
  readonly metric: string;
  readonly title: string;
  readonly unit: string;
  /** What one unit of the page is in the metric's own unit; 1 by default. */
  readonly scale?: number;
  readonly digits: number;
}

export const CPU_PER_PUSH: Column = {
  metric: "cpu_us_per_push",
  title: "server CPU per push + ACK",
  unit: "µs",
  digits: 0,
};
const PUSHES: Column = { metric: "pushes_per_second", title: "pushes", unit: "1/s", digits: 0 };
const P50: Column = { metric: "p50", title: "P50", unit: "ms", digits: 1 };
export const P99: Column = { metric: "p99", title: "P99", unit: "ms", digits: 1 };
const CPU: Column = { metric: "cpu_share", title: "server CPU", unit: "%", scale: 0.01, digits: 0 };
export const RSS: Column = { metric: "rss_max", title: "memory", unit: "MB", scale: 1e6, digits: 0 };
export const PER_STREAM: Column = {
  metric: "rss_per_stream",
  title: "memory per stream",
  unit: "KiB",
  scale: 1024,
  digits: 0,
};

export const IDLE: Column = { metric: "rss_idle", title: "memory when idle", unit: "MB", scale: 1e6, digits: 0 };
/** One after the other: of so few changes the slowest is the 99th percentile too. */
export const LAST_STREAM: Column = {
  metric: "fleet_p100_max",
  title: "last stream of the slowest change",
  unit: "ms",
  digits: 0,
};
export const SYNC_P99: Column = { metric: "sync_p99", title: "first sync, P99", unit: "ms", digits: 0 };
export const SYNC_ALL: Column = {
  metric: "sync_all",
  title: "all synced after",
  unit: "s",
  scale: 1_000,
  digits: 2,
};
const SYNC_CPU: Column = { metric: "sync_cpu_us", title: "server CPU per stream", unit: "ms", scale: 1_000, digits: 2 };
export const PAUSE_P99: Column = {
  metric: "gc_pause_p99",
  title: "pause of garbage collection, P99",
  unit: "ms",
  digits: 1,
};

/** What all rows have in common: 45 endpoints make about 1 KB. */
const COMMON = { protocol: "ads-sotw", endpoints: 45, type: "endpoints", change: "in-turn" } as const;

const saturation = (warmup: string, duration: string) => ({ kind: "saturation", ahead: 2, warmup, duration });
const fanout = (changes: number) => ({ kind: "fanout", changes, pause: "500ms", patience: "30s" });
const steady = (rate: string, warmup: string, duration: string) => ({ kind: "steady", rate, warmup, duration });

/** Many small resources, of which each of 1,000 delta streams holds 100. What the peers take is not so many, so it is Fairlead beside itself. */
const MANY = {
  protocol: "ads-delta",
  streams: 1_000,
  endpoints: 4,
  type: "endpoints",
  contestants: ["fairlead"],
} as const;

/** One resource changes, again and again. */
function oneOfMany(resources: number, holders: "one" | "all", stride: number): Row {
  const isOne = holders === "one";
  return {
    ...MANY,
    id: `endpoints-${resources}-${holders}`,
    title: `One of ${resources.toLocaleString("en")} resources changes, ${isOne ? "one of 1,000 streams holds" : "all of 1,000 streams hold"} it`,
    text: "1,000 delta streams with 100 names each, as fast as it goes. CPU is of the whole change: commit, index, responses.",
    resources,
    change: "first",
    window: { each: 100, stride },
    scenario: saturation("2s", "4s"),
    metrics: [CPU_PER_PUSH, PUSHES, RSS],
    isQuick: false,
  };
}

/** In the order of the page. `isQuick` ones take about 7 s each. */
export const ROWS: readonly Row[] = [
  {
    ...COMMON,
    id: "saturation-10kb",
    title: "Saturation: 500 streams, 10 KB",
    text: "10 resources, one changes at a time, as fast as it goes: two changes ahead of the slowest stream. SotW servers may send the changed resource alone, or all ten.",
    streams: 500,
    resources: 10,
    scenario: saturation("2s", "2s"),
    metrics: [CPU_PER_PUSH, PUSHES],
    isQuick: false,
  },
  {
    ...COMMON,
    id: "saturation-10kb-all",
    title: "Saturation: 500 streams, 10 KB, all of it changed",
    text: "10 resources, all of which change each time: so each push is 10 KB, whatever the server sends.",
    streams: 500,
    resources: 10,
    change: "all",
    scenario: saturation("2s", "2s"),
    metrics: [CPU_PER_PUSH, PUSHES],
    isQuick: true,
  },
  {
    ...COMMON,
    id: "saturation-1kb",
    title: "Saturation: 500 streams, 1 KB",
    text: "One resource.",
    streams: 500,
    resources: 1,
    scenario: saturation("2s", "2s"),
    metrics: [CPU_PER_PUSH, PUSHES],
    isQuick: false,
  },
  {
    ...COMMON,
    id: "saturation-100kb-all",
    title: "Saturation: 500 streams, 100 KB, all of it changed",
    text: "100 resources, all of which change each time.",
    streams: 500,
    resources: 100,
    change: "all",
    scenario: saturation("2s", "2.5s"),
    metrics: [CPU_PER_PUSH, PUSHES],
    isQuick: false,
  },
  {
    ...COMMON,
    id: "thousand-sotw",
    title: "1,000 resources, one changes, SotW",
    text: "100 streams that ask for all 1,000 by name (1 MB), as fast as it goes.",
    streams: 100,
    resources: 1_000,
    scenario: saturation("2s", "2.5s"),
    metrics: [CPU_PER_PUSH, PUSHES],
    isQuick: false,
  },
  {
    ...COMMON,
    id: "thousand-delta",
    title: "1,000 resources, one changes, delta",
    text: "100 streams that ask for all 1,000 by name, as fast as it goes.",
    protocol: "ads-delta",
    streams: 100,
    resources: 1_000,
    scenario: saturation("2s", "2.5s"),
    metrics: [CPU_PER_PUSH, PUSHES],
    isQuick: false,
  },
  {
    ...COMMON,
    id: "steady-500",
    title: "500 streams, 10 changes a second, 10 KB",
    text: "Open loop: 5,000 pushes a second are due, each change at its time. Latency runs from the intended time of the change to the moment a stream holds it.",
    streams: 500,
    resources: 10,
    scenario: steady("10/s", "1.5s", "4s"),
    metrics: [P99, P50, CPU, RSS],
    isQuick: true,
  },
  {
    ...COMMON,
    id: "steady-5000",
    title: "5,000 streams, 1 change a second, 10 KB",
    text: "Open loop: each change fans out to 5,000 streams.",
    streams: 5_000,
    resources: 10,
    scenario: steady("1/s", "2s", "6s"),
    metrics: [P99, CPU, RSS],
    isQuick: false,
  },
  {
    ...COMMON,
    id: "first-sync-5000",
    title: "5,000 connections to first sync, 10 KB",
    text: "As fast as it goes, with at most 256 connections that wait for their first answer.",
    streams: 5_000,
    resources: 10,
    scenario: { kind: "connect", hold: "1s" },
    metrics: [SYNC_ALL, SYNC_CPU, PER_STREAM],
    isBurst: true,
    isQuick: false,
  },
  {
    ...COMMON,
    id: "fanout-8200",
    title: "8,200 streams, 10 KB",
    text: "Memory with 8,200 connections, and how long one change takes to all of them.",
    streams: 8_200,
    resources: 10,
    scenario: fanout(3),
    metrics: [RSS, PER_STREAM, IDLE, { ...P99, title: "P99 of a fan-out" }, LAST_STREAM],
    isBurst: true,
    isQuick: false,
  },
  {
    ...COMMON,
    id: "fanout-15000",
    title: "15,000 streams, 10 KB",
    text: "Memory with 15,000 connections, and how long one change takes to all of them.",
    streams: 15_000,
    resources: 10,
    scenario: fanout(3),
    metrics: [RSS, PER_STREAM, IDLE, { ...P99, title: "P99 of a fan-out" }, LAST_STREAM],
    isBurst: true,
    isQuick: false,
  },
  {
    ...COMMON,
    id: "fanout-45000",
    title: "45,000 streams, 10 KB, three to a connection",
    text: "45,000 streams on 15,000 connections: a process here may open 20,000 files.",
    streams: 45_000,
    streamsPerConnection: 3,
    resources: 10,
    scenario: fanout(3),
    metrics: [LAST_STREAM, { ...P99, title: "P99 of a fan-out" }, RSS, PER_STREAM],
    isBurst: true,
    contestants: ["fairlead", "tonic-shared"],
    isQuick: false,
  },
  {
    ...COMMON,
    id: "connect-10000",
    title: "10,000 connections, 500 new ones a second",
    text: "From the attempt to connect until a stream has its 10 KB.",
    streams: 10_000,
    resources: 10,
    scenario: { kind: "connect", hold: "1s", connect: { rate: "500/s", atOnce: 5_000 } },
    metrics: [SYNC_P99, SYNC_CPU, PER_STREAM, RSS],
    isBurst: true,
    contestants: ["fairlead", "go-linear", "tonic-shared", "http2"],
    isQuick: false,
  },
  {
    ...COMMON,
    id: "connect-10000-mtls",
    title: "10,000 connections with mutual TLS, 500 new ones a second",
    text: "A full handshake each: sessions are not resumed.",
    streams: 10_000,
    resources: 10,
    isTls: true,
    scenario: { kind: "connect", hold: "1s", connect: { rate: "500/s", atOnce: 5_000 } },
    metrics: [SYNC_P99, SYNC_CPU, PER_STREAM, RSS],
    isBurst: true,
    contestants: ["fairlead", "tonic-shared", "tls"],
    isQuick: false,
  },
  {
    ...COMMON,
    id: "mtls-2500",
    title: "2,500 streams with mutual TLS, 10 KB",
    text: "Memory of a stream, beside that of a connection by `node:tls` on which nothing is spoken but the bytes themselves.",
    streams: 2_500,
    resources: 10,
    isTls: true,
    scenario: steady("1/s", "1s", "4s"),
    metrics: [PER_STREAM, RSS, { ...P99, title: "P99 of a fan-out" }, CPU_PER_PUSH],
    isBurst: true,
    contestants: ["fairlead", "go-linear", "java", "tonic-shared", "grpc-js", "http2", "tls"],
    isQuick: false,
  },
  oneOfMany(10_000, "one", 9), // the windows overlap, but the first resource is in the first one alone
  oneOfMany(100_000, "one", 100),
  oneOfMany(10_000, "all", 0),
  oneOfMany(100_000, "all", 0),
  {
    ...MANY,
    id: "commit-100000",
    title: "100,000 resources, 20 changes a second",
    text: "From the moment a change is due, before it is sent to the admin API, until the one stream that holds the resource has it.",
    resources: 100_000,
    change: "in-turn",
    window: { each: 100, stride: 100 },
    scenario: steady("20/s", "2s", "10s"),
    metrics: [
      P99,
      P50,
      { metric: "driver_p99", title: "P99 until the API has answered", unit: "ms", digits: 1 },
      CPU,
      RSS,
    ],
    isQuick: false,
  },
  {
    ...COMMON,
    id: "gc-pauses",
    title: "Garbage collection at 5,000 pushes a second",
    text: "500 streams, 10 changes a second, 10 KB, for half a minute: every pause of the server's process.",
    streams: 500,
    resources: 10,
    areTimesOfCollection: true,
    scenario: steady("10/s", "3s", "30s"),
    metrics: [
      PAUSE_P99,
      { metric: "gc_pause_max", title: "longest", unit: "ms", digits: 1 },
      { metric: "gc_share", title: "time in pauses", unit: "%", scale: 0.01, digits: 2 },
      RSS,
    ],
    isBurst: true, // its own times are not told
    contestants: ["fairlead", "http2"],
    isQuick: false,
  },
];
