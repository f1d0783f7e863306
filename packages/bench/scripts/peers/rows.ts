import type { Plan } from "../../src/plan/plan.ts";

/** What one row of the comparison runs: the same for every contestant. */
export interface Row {
  readonly id: string;
  readonly title: string;
  /** What is done, in a sentence or two, for the page. */
  readonly text: string;
  readonly protocol: Plan["protocol"];
  readonly streams: number;
  readonly resources: number;
  readonly endpoints: number;
  readonly change: Plan["workload"]["change"];
  readonly type: Plan["workload"]["type"];
  /** As a plan has it. */
  readonly scenario: Readonly<Record<string, unknown>>;
  /** Metrics of the result that the row tells, the first one is drawn. */
  readonly metrics: readonly Column[];
  /** All comes at once: a load generator on one core is late then, and times are told as bounds rather than measured again. */
  readonly isBurst?: true;
  /** Run with `--quick` too. */
  readonly isQuick: boolean;
}

/** A metric of the result, as the page shows it. */
export interface Column {
  readonly metric: string;
  readonly title: string;
  readonly unit: string;
  /** What one unit of the page is in the metric's own unit; 1 by default. */
  readonly scale?: number;
  readonly digits: number;
}

const CPU_PER_PUSH: Column = {
  metric: "cpu_us_per_push",
  title: "server CPU per push + ACK",
  unit: "µs",
  digits: 0,
};
const PUSHES: Column = { metric: "pushes_per_second", title: "pushes", unit: "1/s", digits: 0 };
const P50: Column = { metric: "p50", title: "P50", unit: "ms", digits: 1 };
const P99: Column = { metric: "p99", title: "P99", unit: "ms", digits: 1 };
const CPU: Column = { metric: "cpu_share", title: "server CPU", unit: "%", scale: 0.01, digits: 0 };
const RSS: Column = { metric: "rss_max", title: "memory", unit: "MB", scale: 1e6, digits: 0 };
const PER_STREAM: Column = {
  metric: "rss_per_stream",
  title: "memory per stream",
  unit: "KiB",
  scale: 1024,
  digits: 0,
};

/** What all rows have in common: 45 endpoints make about 1 KB. */
const COMMON = { protocol: "ads-sotw", endpoints: 45, type: "endpoints", change: "in-turn" } as const;

const saturation = (warmup: string, duration: string) => ({ kind: "saturation", ahead: 2, warmup, duration });
const steady = (rate: string, warmup: string, duration: string) => ({ kind: "steady", rate, warmup, duration });

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
    metrics: [
      { metric: "sync_all", title: "all synced after", unit: "s", scale: 1_000, digits: 2 },
      { metric: "sync_cpu_us", title: "server CPU per stream", unit: "ms", scale: 1_000, digits: 2 },
      PER_STREAM,
    ],
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
    scenario: { kind: "fanout", changes: 3, pause: "500ms", patience: "30s" },
    metrics: [RSS, PER_STREAM, { ...P99, title: "P99 of a fan-out" }],
    isBurst: true,
    isQuick: false,
  },
];
