import {
  type Column,
  CPU_PER_PUSH,
  IDLE,
  LAST_STREAM,
  P99,
  PAUSE_P99,
  PER_STREAM,
  RSS,
  SYNC_ALL,
  SYNC_P99,
} from "./rows.ts";

/** What Fairlead's figure has to be. Values are in the unit of the column, and medians are compared. */
export type Bound =
  | { readonly kind: "at-most"; readonly value: number }
  /** So many times the other's at most: 2 of the floor's, 1/20 of SnapshotCache's. */
  | { readonly kind: "times-contestant"; readonly contestant: string; readonly factor: number }
  /** So much more than the other's at most. */
  | { readonly kind: "over-contestant"; readonly contestant: string; readonly value: number }
  /** So many times Fairlead's own figure in another row at most. */
  | { readonly kind: "times-row"; readonly row: string; readonly factor: number };

/** One line of the table of targets. */
export interface Target {
  readonly work: string;
  readonly row: string;
  readonly column: Column;
  readonly bound: Bound;
}

const atMost = (value: number): Bound => ({ kind: "at-most", value });
const timesFloor = (factor: number): Bound => ({ kind: "times-contestant", contestant: "floor", factor });
const lessThan = (contestant: string, times: number): Bound => ({
  kind: "times-contestant",
  contestant,
  factor: 1 / times,
});

const pushOf = (size: string) => `CPU per push + ACK, 500 streams, ${size}`;
const FAN_OUT: Column = { ...P99, digits: 0 };

/** What Fairlead sets itself: in the order of the table. */
export const TARGETS: readonly Target[] = [
  { work: pushOf("1 KB"), row: "saturation-1kb", column: CPU_PER_PUSH, bound: lessThan("tonic-shared", 1.4) },
  { work: pushOf("10 KB"), row: "saturation-10kb-all", column: CPU_PER_PUSH, bound: timesFloor(2) },
  { work: pushOf("10 KB"), row: "saturation-10kb-all", column: CPU_PER_PUSH, bound: lessThan("go-snapshot", 20) },
  { work: pushOf("10 KB"), row: "saturation-10kb-all", column: CPU_PER_PUSH, bound: lessThan("tonic-shared", 1.4) },
  { work: pushOf("100 KB"), row: "saturation-100kb-all", column: CPU_PER_PUSH, bound: timesFloor(2) },
  { work: pushOf("100 KB"), row: "saturation-100kb-all", column: CPU_PER_PUSH, bound: lessThan("tonic-shared", 1.4) },
  {
    work: "CPU per push + ACK, 1 of 1,000 resources, SotW",
    row: "thousand-sotw",
    column: CPU_PER_PUSH,
    bound: atMost(20),
  },
  {
    work: "CPU per push + ACK, 1 of 1,000 resources, delta",
    row: "thousand-delta",
    column: CPU_PER_PUSH,
    bound: atMost(20),
  },
  { work: "500 streams, 10 changes a second: P99", row: "steady-500", column: P99, bound: atMost(10) },
  { work: "memory of an idle process", row: "fanout-15000", column: IDLE, bound: atMost(90) },
  { work: "memory per stream, 15,000 streams", row: "fanout-15000", column: PER_STREAM, bound: atMost(6) },
  { work: "15,000 streams: P99 of a fan-out", row: "fanout-15000", column: FAN_OUT, bound: atMost(250) },
  { work: "15,000 streams: last stream of a fan-out", row: "fanout-15000", column: LAST_STREAM, bound: atMost(250) },
  { work: "45,000 streams: memory", row: "fanout-45000", column: RSS, bound: atMost(360) },
  { work: "45,000 streams: last stream of a fan-out", row: "fanout-45000", column: LAST_STREAM, bound: atMost(1_000) },
  { work: "10,000 connections, 500 a second: P99", row: "connect-10000", column: SYNC_P99, bound: atMost(100) },
  { work: "the same with mutual TLS: P99", row: "connect-10000-mtls", column: SYNC_P99, bound: atMost(100) },
  { work: "the same with mutual TLS: memory", row: "connect-10000-mtls", column: RSS, bound: atMost(1_200) },
  { work: "5,000 connections to first sync", row: "first-sync-5000", column: SYNC_ALL, bound: atMost(0.9) },
  {
    work: "mutual TLS: memory per stream",
    row: "mtls-2500",
    column: PER_STREAM,
    bound: { kind: "over-contestant", contestant: "tls", value: 8 },
  },
  ...(["one", "all"] as const).map(
    (holders): Target => ({
      work: `100,000 resources, 1 changes, ${holders} of 1,000 streams ${holders === "one" ? "holds" : "hold"} it: CPU`,
      row: `endpoints-100000-${holders}`,
      column: CPU_PER_PUSH,
      bound: { kind: "times-row", row: `endpoints-10000-${holders}`, factor: 1.2 },
    }),
  ),
  { work: "a change into 100,000 resources until received: P99", row: "commit-100000", column: P99, bound: atMost(10) },
  {
    work: "pauses of garbage collection at 5,000 pushes/s: P99",
    row: "gc-pauses",
    column: PAUSE_P99,
    bound: atMost(10),
  },
];

/** Rows that the table needs. */
export const TARGET_ROWS: ReadonlySet<string> = new Set(
  TARGETS.flatMap(({ row, bound }) => (bound.kind === "times-row" ? [row, bound.row] : [row])),
);

/** Contestants that it needs: those that a target names, and those that are told beside it. */
export const TARGET_CONTESTANTS: ReadonlySet<string> = new Set([
  ...["fairlead", "go-snapshot", "go-linear"],
  ...TARGETS.flatMap(({ bound }) => ("contestant" in bound ? [bound.contestant] : [])),
]);
