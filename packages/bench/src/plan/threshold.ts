import { nearest } from "@fairlead/envoy-api";
import { findMetric, METRICS, type Unit } from "../results/metrics.ts";
import type { Threshold } from "./plan.ts";
import { parseDuration, parseRate, parseShare, parseSize } from "./units.ts";

const WRITTEN = /^([A-Za-z]\w*)\s*(<=|>=|==|<|>)\s*(\S.*)$/;
/** One `=`, as in `lost = 0`. */
const ASSIGNED = /^([A-Za-z]\w*)\s*=\s*([^=\s].*)$/;

/** Reads `p99 < 20ms`; or tells what is wrong with it, as a text. */
export function parseThreshold(text: string): Threshold | string {
  const [, metric = "", operator = "", amount = ""] = WRITTEN.exec(text.trim()) ?? [];
  const [, equal, amountOfEqual] = ASSIGNED.exec(text.trim()) ?? [];
  if (equal !== undefined) return `expected a comparison: did you mean ${equal} == ${amountOfEqual}?`;
  if (metric === "") return `expected a threshold such as p99 < 20ms, got ${JSON.stringify(text)}`;
  const found = findMetric(metric);
  if (found === undefined) {
    const names = METRICS.map(({ name }) => name);
    const near = nearest(metric, names);
    return `no metric ${metric}; ${near ? `did you mean ${near}?` : `there is ${names.join(", ")}`}`;
  }
  const { parse, example } = AMOUNTS[found.unit];
  const value = parse(amount.trim());
  if (value === undefined) return `expected ${metric} ${operator} ${example}, got ${JSON.stringify(text)}`;
  return { text: text.trim(), metric, operator: operator as Threshold["operator"], value };
}

const AMOUNTS: Readonly<
  Record<Unit, { readonly parse: (text: string) => number | undefined; readonly example: string }>
> = {
  ms: { parse: milliseconds, example: "20ms" },
  µs: { parse: (text) => scaled(milliseconds(text), 1_000), example: "50us" },
  bytes: { parse: parseSize, example: "16KiB" },
  "bytes/h": { parse: (text) => (text.endsWith("/h") ? parseSize(text.slice(0, -2)) : undefined), example: "1MiB/h" },
  "bytes/s": { parse: (text) => (text.endsWith("/s") ? parseSize(text.slice(0, -2)) : undefined), example: "10MiB/s" },
  "1/s": { parse: (text) => parseRate(text) ?? number(text), example: "5000/s" },
  share: { parse: (text) => parseShare(text) ?? aboveOne(text), example: "80%" },
  count: { parse: number, example: "0" },
};

function milliseconds(text: string): number | undefined {
  const [, amount] = /^(\d+(?:\.\d+)?)(?:us|µs)$/.exec(text) ?? [];
  return amount === undefined ? parseDuration(text) : Number(amount) / 1_000;
}

function scaled(value: number | undefined, by: number): number | undefined {
  return value === undefined ? undefined : value * by;
}

/** A share of one core's time is 250 % where a server uses several. */
function aboveOne(text: string): number | undefined {
  const [, amount] = /^(\d+(?:\.\d+)?) ?%$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) / 100;
}

function number(text: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}
