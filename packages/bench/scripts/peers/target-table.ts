import type { Cell, Spread, Summary } from "../../src/comparison/summary.ts";
import { boundOf, figures, formatAmount, formatFigure, formatRatio, nameOf, rank } from "./cells.ts";
import { CONTESTANTS } from "./contestants.ts";
import { TARGETS, type Target } from "./targets.ts";

const HEADS = ["work", "target", "Fairlead", "outcome", "best other", "SnapshotCache", "LinearCache"];
const PRODUCT = "fairlead";

/** The table of targets; "" where none of their rows was run. */
export function renderTargets(summary: Summary): string {
  if (!TARGETS.some(({ row }) => summary.rows.some(({ id }) => id === row))) return "";
  const lines = TARGETS.map((target) => {
    const cell = cellOf(summary, target.row, PRODUCT);
    const own = cell && figures(cell, target.column);
    const measured = own
      ? [
          `${boundOf(cell, target.column)}${formatFigure(own, target.column)} ${target.column.unit}`,
          judge(summary, target, cell, own),
        ]
      : ["-", summary.rows.find(({ id }) => id === target.row)?.notRun ?? cell?.remarks[0] ?? "not measured"];
    return [target.work, describe(target), ...measured, ...othersBeside(summary, target, own)];
  });
  const table = [HEADS, HEADS.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`);
  return [
    "## Targets",
    [
      "What Fairlead sets itself: medians are compared. Of the others it is told how many times Fairlead's figure theirs is; the best other is",
      "the best of all that speak xDS, product or bare loop.",
    ].join("\n"),
    table.join("\n"),
  ].join("\n\n");
}

function judge(summary: Summary, target: Target, cell: Cell, own: Spread): string {
  const limit = limitOf(summary, target);
  if (limit === undefined) return "not judged: the figure it is compared with is missing";
  if (own.median <= limit) return "met";
  const times = own.median / limit;
  const { digits, unit } = target.column;
  const lateness = boundOf(cell, target.column) === "at most " ? ", at most: the load generator was late" : "";
  return `**missed**: ${times.toFixed(times < 10 ? 1 : 0)} times the ${formatAmount(limit, digits)} ${unit} allowed${lateness}`;
}

/** What the figure may be at most, in the column's unit; `undefined`: what it is compared with was not measured. */
function limitOf(summary: Summary, { row, column, bound }: Target): number | undefined {
  if (bound.kind === "at-most") return bound.value;
  const cell =
    bound.kind === "times-row" ? cellOf(summary, bound.row, PRODUCT) : cellOf(summary, row, bound.contestant);
  const other = cell && figures(cell, column)?.median;
  if (other === undefined) return undefined;
  return bound.kind === "over-contestant" ? other + bound.value : other * bound.factor;
}

function describe({ column, bound }: Target): string {
  switch (bound.kind) {
    case "at-most":
      return `at most ${bound.value.toLocaleString("en")} ${column.unit}`;
    case "times-contestant": {
      const { contestant, factor } = bound;
      const times = factor >= 1 ? `at most ${factor}x` : `at least ${round(1 / factor)}x less than`;
      return `${times} ${titleOf(contestant)}`;
    }
    case "over-contestant":
      return `at most ${bound.value} ${column.unit} over ${titleOf(bound.contestant)}`;
    case "times-row":
      return `at most ${bound.factor}x that of 10,000`;
  }
}

/** The best other and go-control-plane's caches, as ratios to ours. */
function othersBeside(summary: Summary, { row, column }: Target, own: Spread | undefined): readonly string[] {
  const cells = summary.rows.find(({ id }) => id === row)?.cells ?? [];
  const ratioOf = (cell: Cell | undefined) => {
    const theirs = cell && figures(cell, column);
    return theirs && own ? formatRatio(theirs.median, own.median) : "-";
  };
  const [best] = cells
    .filter((cell) => speaksXds(cell.contestant) && cell.contestant !== PRODUCT && figures(cell, column))
    .toSorted((a, b) => rank(a, column) - rank(b, column));
  return [
    best ? `${nameOf(best.contestant)} ${ratioOf(best)}` : "-",
    ratioOf(cellOf(summary, row, "go-snapshot")),
    ratioOf(cellOf(summary, row, "go-linear")),
  ];
}

function cellOf({ rows }: Summary, rowId: string, contestantId: string): Cell | undefined {
  return rows.find(({ id }) => id === rowId)?.cells.find(({ contestant }) => contestant === contestantId);
}

const speaksXds = (contestantId: string) => CONTESTANTS.find(({ id }) => id === contestantId)?.protocol === "xds";
const titleOf = (contestantId: string) => CONTESTANTS.find(({ id }) => id === contestantId)?.title ?? contestantId;
const round = (value: number) => Number(value.toFixed(1));
