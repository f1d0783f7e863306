import { equal, match, throws } from "node:assert/strict";
import { test } from "node:test";
import { whyNotHere } from "../../scripts/peers/descriptors.ts";
import { ROWS } from "../../scripts/peers/rows.ts";
import { renderTargets } from "../../scripts/peers/target-table.ts";
import { TARGET_CONTESTANTS, TARGET_ROWS } from "../../scripts/peers/targets.ts";
import { type Cell, readSummary, type Summary } from "../../src/comparison/summary.ts";

const cell = (contestant: string, values: Cell["values"], more: Partial<Cell> = {}): Cell => ({
  ...{ contestant, values, lowerBounds: [], upperBounds: [], remarks: [] },
  ...more,
});
const cpu = (contestant: string, ...figures: readonly number[]) => cell(contestant, { cpu_us_per_push: figures });

const SUMMARY: Summary = {
  ...{ format: "fairlead-bench-peers", formatVersion: 2, startedAt: "2026-01-02T03:04:05.000Z", minutes: 7, rounds: 3 },
  isQuick: false,
  machine: { cpu: "a CPU", cores: 2, memoryBytes: 2 ** 34, os: "Linux", node: "24.0.0", fairlead: "0.1.0" },
  contestants: [{ id: "fairlead", version: "fairlead 0.1.0" }],
  rows: [
    {
      id: "saturation-10kb-all",
      cells: [
        ...[cpu("fairlead", 11, 9, 12), cpu("floor", 6, 6, 5), cpu("go-snapshot", 200), cpu("tonic-shared", 14.3)],
        ...[cpu("go-linear", 44), cpu("grpc-js")],
      ],
    },
    { id: "endpoints-10000-one", cells: [cpu("fairlead", 100)] },
    { id: "endpoints-100000-one", cells: [cpu("fairlead", 119, 121, 125)] },
    { id: "mtls-2500", cells: [perStream("fairlead", 90), perStream("tls", 80)] },
    { id: "steady-500", cells: [cell("fairlead", { p99: [12] }, { upperBounds: ["p99"] })] },
    { id: "fanout-45000", cells: [], notRun: "it takes 60,200 file descriptors" },
  ],
};

function perStream(contestant: string, kib: number): Cell {
  return cell(contestant, { rss_per_stream: [kib * 1024] });
}

const lines = renderTargets(SUMMARY).split("\n");
const outcomesOf = (work: string) =>
  lines.filter((line) => line.startsWith(`| ${work}`)).map((line) => line.split(" | ")[3]);

test("a median within the bound has met it: a number, so many times another's, so much more, or beside another row", () => {
  const [floor, snapshot, tonic] = outcomesOf("CPU per push + ACK, 500 streams, 10 KB");
  equal(floor, "met"); // 11 of 12
  equal(snapshot, "**missed**: 1.1 times the 10 µs allowed");
  equal(tonic, "**missed**: 1.1 times the 10 µs allowed"); // 14.3 ÷ 1.4
  equal(outcomesOf("100,000 resources, 1 changes, one")[0], "**missed**: 1.0 times the 120 µs allowed"); // 121 of 120
  equal(outcomesOf("mutual TLS: memory per stream")[0], "**missed**: 1.0 times the 88 KiB allowed");
  equal(
    outcomesOf("500 streams, 10 changes a second: P99")[0],
    "**missed**: 1.2 times the 10.0 ms allowed, at most: the load generator was late",
  );
});

test("what was not measured, could not run here, or lacks what it is compared with says so", () => {
  equal(outcomesOf("CPU per push + ACK, 500 streams, 1 KB")[0], "not measured");
  equal(outcomesOf("45,000 streams: memory")[0], "it takes 60,200 file descriptors");
  const rows = SUMMARY.rows.map((row) => ({ ...row, cells: row.cells.filter((one) => one.contestant !== "floor") }));
  match(renderTargets({ ...SUMMARY, rows }), /at most 2x floor.*not judged: the figure it is compared with is missing/);
  equal(renderTargets({ ...SUMMARY, rows: [] }), "");
});

test("the best other of those that speak xDS is told, and go-control-plane, by their ratio to ours", () => {
  match(lines.find((line) => line.includes("floor: bare TCP |"))!, /\*tonic sharing bytes\* 1\.3x \| 18x \| 4\.0x \|$/);
});

test("every target has its row, and every contestant it is compared with takes part in that row", () => {
  for (const id of TARGET_ROWS) equal(ROWS.filter((row) => row.id === id).length, 1, id);
  for (const id of ["floor", "tls", "tonic-shared", "go-snapshot"]) equal(TARGET_CONTESTANTS.has(id), true, id);
});

test("a row that takes more files than a process may open is not run, and says how many it takes", () => {
  const row = ROWS.find(({ id }) => id === "fanout-45000")!;
  equal(whyNotHere(row, 15_200), undefined);
  match(whyNotHere(row, 15_199)!, /takes 15,200 file descriptors .* allows 15,199/);
});

test("a document of another version, or a damaged one, is refused with its place", () => {
  equal(readSummary(structuredClone(SUMMARY), "r.json").rows.length, SUMMARY.rows.length);
  throws(
    () => readSummary({ ...SUMMARY, formatVersion: 1 }, "r.json"),
    /r\.json has format 1 .* reads 2: run it again/,
  );
  throws(() => readSummary({ ...SUMMARY, rounds: "3" }, "r.json"), /r\.json is damaged: rounds: .*number/);
});
