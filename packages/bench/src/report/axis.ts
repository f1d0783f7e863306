import { scaleLinear, scaleLog } from "d3-scale";
import type { Unit } from "../results/metrics.ts";
import { formatNumber } from "../results/units.ts";

/** A scale with its marks and what they are counted in. */
export interface Axis {
  /** The place of a value in the drawing. */
  readonly at: (value: number) => number;
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
  /** `ms`, `MiB`, `%`: for the axis' title. */
  readonly unit: string;
}

export interface AxisPlan {
  readonly unit: Unit;
  readonly scale: "linear" | "log";
  /** The values that have to fit. */
  readonly extent: readonly [number, number];
  /** The places of its ends. */
  readonly range: readonly [number, number];
  readonly ticks: number;
  /** Ends where the values end, not at a round number. */
  readonly isTight?: boolean;
}

/** Marks are round numbers of the unit that suits the largest value: MiB rather than millions of bytes. */
export function createAxis({ unit, scale, extent, range, ticks, isTight = false }: AxisPlan): Axis {
  const { divisor, text } = shownUnit(unit, extent[1], scale);
  const [low, high] = [extent[0] / divisor, extent[1] / divisor];
  if (scale === "log") return logAxis(low, high, range, divisor, text);
  const exact = scaleLinear([Math.min(0, low), high > 0 ? high : 1], range);
  const linear = isTight ? exact : exact.nice(ticks);
  return {
    at: (value) => linear(value / divisor),
    ticks: linear.ticks(ticks).map((tick) => ({ at: linear(tick), text: formatTick(tick) })),
    unit: text,
  };
}

function logAxis(low: number, high: number, range: readonly [number, number], divisor: number, unit: string): Axis {
  const top = high > 0 ? high : 1;
  const bottom = Math.max(low > 0 ? low : top / 10, top / 1e6);
  // 1, 2 or 5 of a decade at both ends: one is rarely full.
  const below = 10 ** Math.floor(Math.log10(bottom) + 1e-9);
  const from = [5, 2].map((part) => below * part).find((one) => one <= bottom * 1.0001) ?? below;
  const above = 10 ** Math.ceil(Math.log10(top) - 1e-9);
  const end = Math.max([0.2, 0.5].map((part) => above * part).find((one) => one >= top) ?? above, from * 10);
  const log = scaleLog([from, end], range).clamp(true);
  const decades = Math.log10(end / from);
  const steps = decades <= 2.4 ? [1, 2, 5] : [1];
  const powers = Array.from({ length: Math.ceil(decades) + 2 }, (_, power) => below * 10 ** power);
  const all = powers.flatMap((power) => steps.map((step) => power * step));
  const ticks = all.filter((tick) => tick >= from * 0.999 && tick <= end * 1.001);
  return {
    at: (value) => log(Math.max(value / divisor, from)),
    ticks: ticks.map((tick) => ({ at: log(tick), text: formatTick(tick) })),
    unit,
  };
}

/** Steps of floating point leave traces. */
function formatTick(tick: number): string {
  return formatNumber(Number(tick.toPrecision(6)));
}

const PER = { bytes: "", "bytes/s": " per second", "bytes/h": " per hour" };
const BYTES = ["bytes", "KiB", "MiB", "GiB"];

function shownUnit(
  unit: Unit,
  largest: number,
  scale: AxisPlan["scale"],
): { readonly divisor: number; readonly text: string } {
  switch (unit) {
    case "ms":
      // A logarithmic axis also has marks far below its largest.
      return largest > (scale === "log" ? 10_000 : 2_000) ? { divisor: 1_000, text: "s" } : { divisor: 1, text: "ms" };
    case "share":
      return { divisor: 0.01, text: "%" };
    case "1/s":
      return { divisor: 1, text: "per second" };
    case "count":
      return { divisor: 1, text: "" };
    case "µs":
      return { divisor: 1, text: "µs" };
    case "bytes":
    case "bytes/s":
    case "bytes/h": {
      const power = largest < 1_024 ? 0 : Math.min(BYTES.length - 1, Math.floor(Math.log2(largest) / 10));
      return { divisor: 1_024 ** power, text: `${BYTES[power]}${PER[unit]}` };
    }
  }
}
