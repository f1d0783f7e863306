import { type RuleTable, STEERS } from "./rule-set.ts";

/** Rules of repeated fields; `items` is looked at per item. */
export const REPEATED_RULES: RuleTable = {
  ignore_empty: STEERS,
  items: STEERS,
  min_items: (limit: bigint) => (value) =>
    (value as unknown[]).length >= Number(limit) ? undefined : `must have at least ${count(limit, "item")}`,
  max_items: (limit: bigint) => (value) =>
    (value as unknown[]).length <= Number(limit) ? undefined : `must have at most ${count(limit, "item")}`,
  unique: (isOn: boolean) =>
    isOn ? (value) => (isUnique(value as unknown[]) ? undefined : "must not hold the same item twice") : undefined,
};

/** Rules of maps; `keys` and `values` are looked at per entry. */
export const MAP_RULES: RuleTable = {
  ignore_empty: STEERS,
  keys: STEERS,
  values: STEERS,
  min_pairs: (limit: bigint) => (value) =>
    sizeOf(value) >= Number(limit) ? undefined : `must have at least ${count(limit, "entry")}`,
  max_pairs: (limit: bigint) => (value) =>
    sizeOf(value) <= Number(limit) ? undefined : `must have at most ${count(limit, "entry")}`,
};

function count(limit: bigint, what: "item" | "entry"): string {
  if (limit === 1n) return `1 ${what}`;
  return what === "item" ? `${limit} items` : `${limit} entries`;
}

function sizeOf(value: unknown): number {
  return Object.keys(value as object).length;
}

function isUnique(items: readonly unknown[]): boolean {
  const keys = items.map((it) => (it instanceof Uint8Array ? Buffer.from(it).toString("hex") : it));
  return new Set(keys).size === keys.length;
}
