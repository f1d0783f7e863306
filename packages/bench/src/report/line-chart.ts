import { curveLinear, curveStepAfter, line } from "d3-shape";
import type { Unit } from "../results/metrics.ts";
import { formatValue } from "../results/units.ts";
import { type Axis, createAxis } from "./axis.ts";
import { CHART_WIDTH, type Chart, coordinate, LETTER, type Point, type Table, textAt } from "./chart.ts";
import { COLORS } from "./style.ts";

/** A line: points in order of x; `null` breaks it. */
export interface Series {
  readonly name: string;
  /** Lines of one thing have one colour. */
  readonly color: number;
  readonly isDashed?: boolean;
  readonly points: readonly (readonly [x: number, y: number | null])[];
}

export interface LineChartPlan {
  readonly title: string;
  readonly description: string;
  readonly x: {
    readonly title: string;
    readonly unit: Unit;
    /** Default: linear. */
    readonly scale?: "linear" | "log";
    readonly axis?: (range: readonly [number, number]) => Axis;
  };
  readonly y: { readonly unit: Unit; readonly scale: "linear" | "log"; readonly title?: string };
  readonly series: readonly Series[];
  /** A part of x that is set off. */
  readonly shade?: { readonly from: number; readonly to: number; readonly text: string };
  readonly isStepped?: boolean;
  /** How x is told at a point; default: by its unit. */
  readonly tellX?: (x: number) => string;
  readonly table: Table;
}

const PLOT_HEIGHT = 180;
const LEFT = 46;
const RIGHT = CHART_WIDTH - 10;
const LEGEND_LINE = 18;
const LEGEND_LEFT = 4;

/** Lines over an axis of time, of shares, or of latencies. */
export function lineChart(plan: LineChartPlan): Chart {
  const legend = layOut(plan.series);
  const top = legend.height + 20;
  const bottom = top + PLOT_HEIGHT;
  const all = plan.series.flatMap(({ points }) => points.filter(([, y]) => y !== null)) as [number, number][];
  const x = plan.x.axis?.([LEFT, RIGHT]) ?? timeAxis(plan.x, extentOf(all.map(([at]) => at)));
  const y = createAxis({
    unit: plan.y.unit,
    scale: plan.y.scale,
    extent: extentOf(all.map(([, value]) => value)),
    range: [bottom, top],
    ticks: 5,
  });
  const yTitle = [plan.y.title, y.unit].filter(Boolean).join(", ");
  const xTitle = x.unit === "" ? plan.x.title : `${plan.x.title}, ${x.unit}`;
  const body = [
    shadeOf(plan.shade, x, top, bottom),
    ...y.ticks.map(({ at, text }) => horizontal(at) + textAt(LEFT - 6, at + 4, text, "end")),
    ...spaced(x.ticks).map(({ at, text }) => textAt(inside(at, text), bottom + 16, text, "middle")),
    `<path class="axis" d="M${LEFT} ${coordinate(bottom)}H${RIGHT}"/>`,
    textAt(2, top - 9, yTitle),
    textAt(RIGHT, bottom + 32, xTitle, "end"),
    // Dashes last: a line that they cover is seen between them.
    ...plan.series.toSorted(dashedLast).map((series) => pathOf(series, x, y, plan.isStepped === true)),
    legend.body,
  ];
  const { title, description, table } = plan;
  const points = plan.series.flatMap((series) => pointsOf(series, x, y, plan));
  return { title, description, height: bottom + 38, body: body.join(""), table, points };
}

function dashedLast(a: Series, b: Series): number {
  return Number(a.isDashed ?? false) - Number(b.isDashed ?? false);
}

function timeAxis({ unit, scale = "linear" }: LineChartPlan["x"], extent: readonly [number, number]): Axis {
  return createAxis({ unit, scale, extent, range: [LEFT, RIGHT], ticks: 6, isTight: true });
}

function extentOf(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  return values.reduce<[number, number]>(
    ([low, high], one) => [Math.min(low, one), Math.max(high, one)],
    [values[0]!, values[0]!],
  );
}

function horizontal(y: number): string {
  return `<path class="grid" d="M${LEFT} ${coordinate(y)}H${RIGHT}"/>`;
}

/** Marks whose text would touch the one before are left out. */
function spaced(ticks: Axis["ticks"]): Axis["ticks"] {
  let free = Number.NEGATIVE_INFINITY;
  return ticks.filter(({ at, text }) => {
    const half = (text.length * LETTER) / 2;
    if (at - half < free) return false;
    free = at + half + 6;
    return true;
  });
}

/** The middle of a text that would else be cut off at the right. */
function inside(at: number, text: string): number {
  return Math.min(at, CHART_WIDTH - 2 - (text.length * LETTER) / 2);
}

function shadeOf(shade: LineChartPlan["shade"], x: Axis, top: number, bottom: number): string {
  if (shade === undefined) return "";
  const [from, to] = [Math.max(LEFT, x.at(shade.from)), Math.min(RIGHT, x.at(shade.to))];
  if (to <= from) return "";
  const rect = `<rect class="shade" x="${coordinate(from)}" y="${coordinate(top)}" width="${coordinate(to - from)}" height="${coordinate(bottom - top)}"/>`;
  const isWide = to - from > shade.text.length * LETTER;
  return rect + (isWide ? textAt(to - 4, top - 9, shade.text, "end") : "");
}

function pathOf({ points, color, isDashed }: Series, x: Axis, y: Axis, isStepped: boolean): string {
  const draw = line<readonly [number, number | null]>()
    .defined(([, value]) => value !== null)
    .x(([at]) => x.at(at))
    .y(([, value]) => y.at(value!))
    .curve(isStepped ? curveStepAfter : curveLinear)
    .digits(1);
  const d = draw(points) ?? "";
  return `<path class="line s${color % COLORS}${isDashed ? " dash" : ""}" d="${d}"/>`;
}

function pointsOf({ name, points }: Series, x: Axis, y: Axis, plan: LineChartPlan): Point[] {
  const tellX = plan.tellX ?? ((at: number) => formatValue(at, plan.x.unit));
  return points.flatMap(([at, value]) => {
    if (value === null) return [];
    const text = `${name}: ${formatValue(value, plan.y.unit)} at ${tellX(at)}`;
    return [[Math.round(x.at(at)), Math.round(y.at(value)), text] as const];
  });
}

function layOut(series: readonly Series[]): { readonly body: string; readonly height: number } {
  if (series.length < 2) return { body: "", height: 0 };
  let [x, row] = [LEGEND_LEFT, 0];
  const items = series.map(({ name, color, isDashed }) => {
    const short = name.length > 48 ? `${name.slice(0, 47)}…` : name;
    const width = 30 + short.length * LETTER;
    if (x > LEGEND_LEFT && x + width > CHART_WIDTH) [x, row] = [LEGEND_LEFT, row + 1];
    const y = 12 + row * LEGEND_LINE;
    const mark = `<path class="line s${color % COLORS}${isDashed ? " dash" : ""}" d="M${coordinate(x)} ${y - 4}h18"/>`;
    const item = mark + textAt(x + 23, y, short, "start", "strong");
    x += width + 8;
    return item;
  });
  return { body: items.join(""), height: (row + 1) * LEGEND_LINE + 2 };
}
