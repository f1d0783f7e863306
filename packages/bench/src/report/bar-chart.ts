import type { Unit } from "../results/metrics.ts";
import { formatRange, formatValue } from "../results/units.ts";
import { type Axis, createAxis } from "./axis.ts";
import { CHART_WIDTH, type Chart, coordinate, LETTER, textAt } from "./chart.ts";
import { COLORS } from "./style.ts";

/** One of the compared: the median of its rounds, with the lowest and the highest. */
export interface Bar {
  readonly label: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** It is at least so much. */
  readonly isLowerBound?: boolean;
  /** Default: 0 for all. */
  readonly color?: number;
}

export interface BarChartPlan {
  readonly title: string;
  readonly unit: Unit;
  /** `log` where the largest is many times the smallest: then bars have no common zero, and only their ends mean something. */
  readonly scale?: "linear" | "log";
  readonly better?: "lower" | "higher";
  readonly bars: readonly Bar[];
}

const ROW = 38;
const WIDE_LETTER = 7.6;
const LEFT = 4;
const RIGHT = CHART_WIDTH - 8;
const BAR = 11;

/** Bars with whiskers from the lowest round to the highest; the label over each, its figure at the right. */
export function barChart({ title, unit, scale = "linear", better, bars }: BarChartPlan): Chart {
  const bottom = bars.length * ROW + 4;
  const values = bars.flatMap(({ median, min, max }) => [median, min, max]);
  // On a logarithmic axis there is no zero to begin at: leave the shortest bar something to be seen.
  const lowest = Math.min(...values) / (scale === "log" ? 2 : 1);
  const extent = [lowest, Math.max(...values)] as const;
  const axis = createAxis({ unit, scale, extent: bars.length === 0 ? [0, 1] : extent, range: [LEFT, RIGHT], ticks: 5 });
  const shown = everyOther(axis.ticks);
  const grid = shown.map(({ at }) => `<path class="grid" d="M${coordinate(at)} 2V${bottom}"/>`);
  const ticks = shown.map(({ at, text }) => {
    const half = (text.length * LETTER) / 2;
    return textAt(Math.max(LEFT + half, Math.min(RIGHT - half, at)), bottom + 14, text, "middle");
  });
  const unitText = [axis.unit, better && `${better} is better`, scale === "log" && "logarithmic"]
    .filter(Boolean)
    .join("; ");
  const drawn = bars.map((bar, index) => draw(bar, index * ROW, unit, axis.at));
  const told = bars.map(({ label, ...bar }) => `${label} ${tell(bar, unit)}`);
  return {
    title,
    description: `Bars, ${unitText || "counts"}: ${told.join("; ")}.`,
    height: bottom + 36,
    body: [...grid, ...drawn, ...ticks, textAt(RIGHT, bottom + 30, unitText, "end")].join(""),
    table: {
      head: ["", "median", "min", "max"],
      rows: bars.map((bar) => [
        bar.label,
        `${bar.isLowerBound ? "≥ " : ""}${formatValue(bar.median, unit)}`,
        formatValue(bar.min, unit),
        formatValue(bar.max, unit),
      ]),
    },
    points: [],
  };
}

/** Marks that have room beside each other. */
function everyOther(ticks: Axis["ticks"]): Axis["ticks"] {
  return ticks.length <= 6 ? ticks : ticks.filter((_, index) => index % 2 === 0);
}

function draw(bar: Bar, top: number, unit: Unit, at: (value: number) => number): string {
  const { label, median, min, max, color = 0 } = bar;
  const y = top + 20;
  const figure = tell(bar, unit);
  // Names may be all of wide letters; figures are not.
  const room = Math.floor((RIGHT - LEFT - (figure.length + 2) * LETTER) / WIDE_LETTER);
  const short = label.length > room ? `${label.slice(0, room - 1)}…` : label;
  const zero = at(0);
  const [from, to] = [Math.min(zero, at(median)), Math.max(zero, at(median))];
  const middle = y + BAR / 2;
  const [low, high] = [coordinate(at(min)), coordinate(at(max))];
  const whisker = `M${low} ${middle}H${high}M${low} ${middle - 4}v8M${high} ${middle - 4}v8`;
  return (
    textAt(LEFT, top + 15, short, "start", "strong") +
    textAt(RIGHT, top + 15, figure, "end") +
    `<rect class="f${color % COLORS}" x="${coordinate(from)}" y="${y}" width="${coordinate(Math.max(1, to - from))}" height="${BAR}" rx="1.5"/>` +
    (min === max ? "" : `<path class="whisker" d="${whisker}"/>`)
  );
}

function tell({ median, min, max, isLowerBound }: Omit<Bar, "label">, unit: Unit): string {
  const figure = `${isLowerBound ? "≥ " : ""}${formatValue(median, unit)}`;
  return min === max ? figure : `${figure} (${formatRange(min, max, unit)})`;
}
