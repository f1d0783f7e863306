import { nearest } from "@fairlead/envoy-api";
import type { z } from "zod";

/** What a value must be, by zod's word for it. */
const NOUNS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "fields with values",
  record: "names with values",
};

const NOT_EMPTY = "not be empty";

/** Characters of a value that are told. */
const MAX_SHOWN = 60;

/**
 * Says what is wrong with a value of the configuration: which field, what it must be, what it is.
 *
 * @param written the whole configuration as it was read
 * @param about what the field is for, if that is known; its first sentence is told where the field is missing
 */
export function issueText(issue: z.core.$ZodIssue, written: unknown, about?: string): string {
  const field = fieldName(issue.path);
  const value = valueAt(written, issue.path);
  if (issue.code === "custom") return issue.message;
  if (issue.code === "invalid_key") {
    const [first] = issue.issues;
    const must = first && requirement(first, written);
    return `a name in ${fieldName(issue.path.slice(0, -1))} must ${must ?? `be another: ${issue.message}`}`;
  }
  if (value === undefined && issue.path.length > 0) return missing(field, about);
  const must = requirement(issue, written);
  // What no rule of ours asks for so far: zod's own words.
  if (must === undefined) return `${field}: ${issue.message}`;
  return `${field} must ${must}${must === NOT_EMPTY ? "" : `, and is ${show(value)}`}`;
}

function missing(field: string, about: string | undefined): string {
  const [what] = about?.split(/\.(?: |$)/) ?? [];
  return `${field} is missing: add it${what === undefined ? "" : ` (${what})`}`;
}

/** What follows "must"; `undefined`: not known. */
function requirement(issue: z.core.$ZodIssue, written: unknown): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return `be ${NOUNS[issue.expected] ?? issue.expected}`;
    case "invalid_value": {
      const known = issue.values.map(String);
      const near = nearest(String(valueAt(written, issue.path)), known);
      return `be one of ${known.join(", ")}${near === undefined ? "" : ` (did you mean ${near}?)`}`;
    }
    case "too_small":
      if (isCounted(issue.origin)) return issue.minimum === 1 ? NOT_EMPTY : `have ${issue.minimum} at least`;
      return `be ${issue.minimum} at least`;
    case "too_big":
      return isCounted(issue.origin) ? `have ${issue.maximum} at most` : `be ${issue.maximum} at most`;
    case "invalid_union":
      return `be ${alternatives(issue.errors).join(" or ")}`;
    default:
      return undefined;
  }
}

function isCounted(origin: string): boolean {
  return origin === "string" || origin === "array";
}

/** What each of the ways of writing a field asks for; of a list that is wrong within, just that. */
function alternatives(ways: readonly (readonly z.core.$ZodIssue[])[]): string[] {
  return ways.flatMap(([first]) => {
    if (first?.code !== "invalid_type") return [];
    const noun = NOUNS[first.expected] ?? first.expected;
    return [first.path.length === 0 ? noun : `a list of ${noun}`];
  });
}

/** `xds.tls.cert`, `groups[0].id`; of the whole: "the configuration". */
function fieldName(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "the configuration";
  return path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .slice(typeof path[0] === "number" ? 0 : 1);
}

function valueAt(written: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, part) => {
    return typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined;
  }, written);
}

function show(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return "fields with values";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
