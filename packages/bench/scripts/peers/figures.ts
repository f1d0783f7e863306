import type { Cell } from "../../src/comparison/summary.ts";
import type { Result } from "../../src/results/result.ts";
import type { Contestant } from "./contestants.ts";
import { isTimedByBench } from "./row-metrics.ts";
import type { Row } from "./rows.ts";

/** Kept of Fairlead in every row, for who plans with it (`fairlead bench plan`). */
const FOR_PLANNING = [
  ...["cpu_us_per_push", "bytes_per_push", "rss_idle", "rss_max", "rss_per_stream"],
  ...["sync_cpu_us", "fleet_p100_p50"],
];

interface OpenCell {
  readonly values: Record<string, number[]>;
  readonly lowerBounds: Set<string>;
  readonly upperBounds: Set<string>;
  readonly remarks: string[];
}

/** What the rounds gave, by row and contestant. */
export class Figures {
  readonly #cells = new Map<string, Map<string, OpenCell>>();

  add(row: Row, contestant: Contestant, result: Result): void {
    const { values, lowerBounds, upperBounds } = this.#cell(row, contestant);
    // A late load tester issues and reads late: that adds to each time, and takes nothing off what the server used.
    const isLate = result.verdict.kind === "invalid";
    const told = row.metrics.map(({ metric }) => metric);
    const kept = contestant.id === "fairlead" ? new Set([...told, ...FOR_PLANNING]) : told;
    for (const metric of kept) if (isLate && isTimedByBench(metric)) upperBounds.add(metric);
    for (const metric of result.lowerBounds) lowerBounds.add(metric);
    for (const metric of kept) {
      const value = result.metrics[metric];
      if (value === undefined) continue;
      values[metric] = [...(values[metric] ?? []), value];
    }
  }

  remark(row: Row, contestant: Contestant, text: string): void {
    this.#cell(row, contestant).remarks.push(text);
  }

  cells(rowId: string): readonly Cell[] {
    return [...(this.#cells.get(rowId) ?? [])].map(([contestant, cell]) => ({
      contestant,
      ...cell,
      lowerBounds: [...cell.lowerBounds],
      upperBounds: [...cell.upperBounds],
    }));
  }

  #cell(row: Row, contestant: Contestant) {
    const ofRow = this.#cells.get(row.id) ?? new Map<string, OpenCell>();
    this.#cells.set(row.id, ofRow);
    const cell: OpenCell = ofRow.get(contestant.id) ?? {
      values: {},
      lowerBounds: new Set(),
      upperBounds: new Set(),
      remarks: [],
    };
    ofRow.set(contestant.id, cell);
    return cell;
  }
}
