import { deepStrictEqual, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { renderChart, renderPage, withReadmeTable } from "../../scripts/peers/page.ts";
import { type Cell, type Summary, spread } from "../../src/comparison/summary.ts";

const cell = (contestant: string, cpu: readonly number[], more: Partial<Cell> = {}): Cell => ({
  contestant,
  values: { cpu_us_per_push: cpu, pushes_per_second: [1_000, 3_000, 2_000] },
  lowerBounds: [],
  upperBounds: [],
  remarks: [],
  ...more,
});

const SUMMARY: Summary = {
  format: "fairlead-bench-peers",
  formatVersion: 2,
  startedAt: "2026-01-02T03:04:05.000Z",
  minutes: 7,
  rounds: 3,
  isQuick: true,
  machine: { cpu: "a CPU", cores: 2, memoryBytes: 24 * 2 ** 30, os: "Linux", node: "24.0.0", fairlead: "0.1.0" },
  cpus: { server: "0", generator: "1" },
  contestants: [
    { id: "fairlead", version: "fairlead 0.1.0" },
    { id: "go-snapshot", version: "go-control-plane 0.14.0" },
    { id: "floor", version: "floor 0.1.0" },
    { id: "java", leftOut: "no Maven: install it" },
  ],
  rows: [
    {
      id: "saturation-10kb-all",
      cells: [
        cell("go-snapshot", [300, 240, 260], { remarks: ["round 2: wrong answers: 3 updates lost"] }),
        cell("fairlead", [40, 50, 45]),
        cell("floor", [9, 8, 7], { lowerBounds: ["pushes_per_second"] }),
        cell("grpc-js", []),
      ],
    },
  ],
};

test("the page of a comparison tells medians with their range, ratios, lower bounds, wrong answers and who was left out", () => {
  const page = renderPage(SUMMARY);
  const rows = page.split("\n").filter((line) => /^\| (\*|go|floor|grpc)/.test(line) && line.includes("x |"));
  deepStrictEqual(rows, [
    "| *floor: bare TCP* | 8 (7 to 9) | 0.2x | at least 2,000 (1,000 to 3,000) | 1.0x |",
    "| **Fairlead** | 45 (40 to 50) | 1.0x | 2,000 (1,000 to 3,000) | 1.0x |",
    "| go-control-plane SnapshotCache | 260 (240 to 300) | 5.8x | 2,000 (1,000 to 3,000) | 1.0x |",
    "| *grpc-js* | - | - | 2,000 (1,000 to 3,000) | 1.0x |",
  ]);
  match(page, /- go-control-plane SnapshotCache: round 2: wrong answers: 3 updates lost/);
  match(page, /## Left out\n\n- java-control-plane: no Maven: install it/);
  match(page, /server on CPU 0, load generator on CPU 1/);
});

test("the README gets the table between its marks, and stays as it was without them", () => {
  const [begin] = /<!-- Written by [^>]+-->/.exec(withMarks("old"))!;
  const readme = withReadmeTable(withMarks("old"), SUMMARY);
  ok(readme.startsWith(`before\n${begin}\n| server |`) && readme.endsWith("\nafter"), readme);
  ok(!readme.includes("old"));
  deepStrictEqual(withReadmeTable("no marks", SUMMARY), "no marks");
});

test("a chart has a bar for each server that has a figure", () => {
  const chart = renderChart(SUMMARY, "saturation-10kb-all");
  match(chart, /^<svg/);
  for (const name of ["Fairlead", "go-control-plane SnapshotCache", "floor: bare TCP"]) ok(chart.includes(name), name);
  ok(!chart.includes("grpc-js"));
});

test("the median of an even number of figures lies between the two in the middle", () => {
  deepStrictEqual(spread([4, 1, 3, 2]), { median: 2.5, min: 1, max: 4 });
  deepStrictEqual(spread([]), undefined);
});

function withMarks(text: string): string {
  return `before\n<!-- Written by \`npm run bench:peers\`: don't edit by hand. -->\n${text}\n<!-- End of what bench:peers wrote. -->\nafter`;
}
