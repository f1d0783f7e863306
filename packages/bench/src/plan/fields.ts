import { nearest } from "@fairlead/envoy-api";
import { z } from "zod";
import { parseDuration, parseRate, parseShare } from "./units.ts";

/** What a plan's file may say in one place: checked and read in one step, told as JSON schema by `json`. `words`: those that may be meant. */
export function field<T>(
  expected: string,
  read: (value: unknown) => T | undefined,
  json: Readonly<Record<string, unknown>>,
  words: readonly string[] = [],
) {
  return z
    .unknown()
    .meta({ ...json })
    .transform((value, context): T => {
      const found = value === undefined || value === null ? undefined : read(value);
      if (found !== undefined) return found;
      context.issues.push({ code: "custom", message: `expected ${expected}, ${gotWord(value, words)}`, input: value });
      return z.NEVER;
    });
}

/** What stands there, short enough for a message. */
export function gotWhat(value: unknown): string {
  if (value === undefined || value === null) return "and there is nothing";
  const text = JSON.stringify(value) ?? String(value);
  return `got ${text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text}`;
}

/** The beginning of a wrong value that is told, characters. */
const MAX_QUOTED = 60;

/** Text that `parse` reads; a number where the file has one without quotes. */
function written<T>(expected: string, parse: (text: string) => T | undefined, pattern: string) {
  const read = (value: unknown) =>
    typeof value === "string" || typeof value === "number" ? parse(String(value).trim()) : undefined;
  return field(expected, read, { type: "string", pattern });
}

/** Ms. */
export const duration = (example: string, { min = 0 } = {}) =>
  written(
    `a duration such as ${example}`,
    (text) => {
      const ms = parseDuration(text);
      return ms !== undefined && ms >= min && ms <= MAX_DURATION_MS ? ms : undefined;
    },
    String.raw`^(\d+(\.\d+)?(ms|s|m|h|d))+$`,
  );

/** A month: longer is a slip. */
const MAX_DURATION_MS = 31 * 86_400_000;

/** A second. */
export const rate = (example: string) =>
  written(`a rate such as ${example}`, parseRate, String.raw`^\d+(\.\d+)?/(s|m|h)$`);

/** From 0 to 1. */
export const share = (example: string) =>
  field(
    `a share such as ${example}`,
    (value) => (typeof value === "string" || typeof value === "number" ? parseShare(String(value).trim()) : undefined),
    {
      anyOf: [
        { type: "string", pattern: String.raw`^\d+(\.\d+)? ?%?$` },
        { type: "number", minimum: 0, maximum: 1 },
      ],
    },
  );

/** A whole number from `min` to `max`. */
export const whole = (min: number, max: number) =>
  field(
    `a whole number from ${min} to ${max}`,
    (value) => {
      const number = typeof value === "string" && /^\d+$/.test(value.trim()) ? Number(value) : value;
      return typeof number === "number" && Number.isInteger(number) && number >= min && number <= max
        ? number
        : undefined;
    },
    { type: "integer", minimum: min, maximum: max },
  );

/** One of some words. */
export const oneOf = <const T extends string>(words: readonly T[]) =>
  field(orOf(words), (value) => words.find((word) => word === value), { type: "string", enum: [...words] }, words);

/** `a, b or c`. */
export function orOf(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** What stands there, and which of the words may have been meant. */
export function gotWord(value: unknown, words: readonly string[]): string {
  const near = typeof value === "string" ? nearest(value, words) : undefined;
  return `${gotWhat(value)}${near === undefined ? "" : `; did you mean ${near}?`}`;
}

/** Text that is not empty. */
export const text = (expected: string) =>
  field(
    expected,
    (value) => {
      if (typeof value === "number" || typeof value === "boolean") return String(value);
      return typeof value === "string" && value.trim() !== "" ? value : undefined;
    },
    { type: "string", minLength: 1 },
  );

/** `true` or `false`. */
export const flag = () =>
  field("true or false", (value) => (typeof value === "boolean" ? value : undefined), { type: "boolean" });

/** The address of an HTTP server; `HOST:PORT` is taken, too. */
export const httpAddress = (example: string) =>
  field(
    `a URL such as ${example}`,
    (value) => {
      if (typeof value !== "string" || value.trim() === "") return undefined;
      const url = value.includes("://") ? value : `http://${value}`;
      return /^https?:\/\//.test(url) && URL.canParse(url) ? url : undefined;
    },
    { type: "string", minLength: 1 },
  );

/** An address that `fetch` takes. */
export const httpUrl = (example: string) =>
  field(
    `a URL such as ${example}`,
    (value) => (typeof value === "string" && /^https?:\/\//.test(value) && URL.canParse(value) ? value : undefined),
    { type: "string", pattern: "^https?://" },
  );
