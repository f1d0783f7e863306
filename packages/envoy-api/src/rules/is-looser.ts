type Json = { readonly [key: string]: unknown };

const LOWER = new Set(["gt", "gte", "min_len", "min_bytes", "min_items", "min_pairs"]);
const UPPER = new Set(["lt", "lte", "max_len", "max_bytes", "max_items", "max_pairs"]);
/** What lets more pass where it is set. */
const LETS_PASS = new Set(["skip", "ignore_empty"]);

/**
 * Whether rules in ProtoJSON allow all that others allow, as far as can be told from their form: rules that are gone, bounds
 * that are wider, lists that are longer. `false` where it can't be told.
 */
export function isLooser(after: Json | undefined, before: Json | undefined): boolean {
  if (after === undefined) return true;
  if (isObject(after.message) && after.message.skip === true) return true;
  if (before === undefined) return Object.entries(after).every(([key, rule]) => isNothing(key, rule));
  // `lte: 0s, gte: 1s` allows what lies outside: with one of them alone, less.
  if (isOutside(before) && !isOutside(after) && Object.keys(after).some((key) => LOWER.has(key) || UPPER.has(key)))
    return false;
  const isKept = Object.entries(after).every(
    ([key, rule]) => isNothing(key, rule) || isLooserRule(key, rule, before[key] ?? before[strictOf(key)]),
  );
  return isKept && [...LETS_PASS].every((key) => before[key] === undefined || after[key] === before[key]);
}

/** A bound that leaves out its own value is the stricter one of two. */
function strictOf(key: string): string {
  if (key === "gte") return "gt";
  return key === "lte" ? "lt" : key;
}

/** A rule that forbids nothing: without rules inside, or one that lets pass. */
function isNothing(key: string, rule: unknown): boolean {
  return LETS_PASS.has(key) || (isObject(rule) && Object.keys(rule).length === 0);
}

function isLooserRule(key: string, after: unknown, before: unknown): boolean {
  if (before === undefined) return isObject(after) && isLooser(after, undefined);
  if (LOWER.has(key)) return sizeOf(after) <= sizeOf(before);
  if (UPPER.has(key)) return sizeOf(after) >= sizeOf(before);
  if (key === "in" && Array.isArray(after) && Array.isArray(before)) return before.every((it) => after.includes(it));
  if (isObject(after) && isObject(before)) return isLooser(after, before);
  return JSON.stringify(after) === JSON.stringify(before);
}

function isOutside(rules: Json): boolean {
  const lower = rules.gte ?? rules.gt;
  const upper = rules.lte ?? rules.lt;
  return lower !== undefined && upper !== undefined && sizeOf(lower) > sizeOf(upper);
}

/** A number, also of a duration (`"1.5s"`) or of 64 bits (`"8"`). */
function sizeOf(value: unknown): number {
  return Number.parseFloat(String(value));
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
