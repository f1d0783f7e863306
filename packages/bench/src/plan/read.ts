import { accessSync, constants, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { nearest } from "@fairlead/envoy-api";
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { BenchError } from "../errors.ts";
import { gotWhat, gotWord, orOf } from "./fields.ts";
import { flagAt, mergeFlags, type PlanFlags } from "./flags.ts";
import { keysAt } from "./keys-at.ts";
import type { Plan } from "./plan.ts";
import { type PlanFile, planSchema } from "./schema.ts";
import { contradictionsOf, toPlan } from "./to-plan.ts";

/**
 * Reads a plan's file, puts what flags say over it, fills in the defaults, and checks all of it; paths of files become absolute.
 *
 * @param file left out: flags are all there is.
 * @throws BenchError `bad-plan`: every fault at once, a line each, by `FILE:LINE:COLUMN: path: what was expected`, or by its flag
 */
export function readPlan(file: string | undefined, flags: PlanFlags = {}): Plan {
  if (file === undefined) return parsePlan("", { flags });
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new BenchError("bad-plan", `${file}: cannot be read: ${(cause as Error).message}`, { cause });
  }
  return parsePlan(text, { file, flags });
}

/**
 * {@link readPlan} for text at hand.
 *
 * @throws BenchError `bad-plan`
 */
export function parsePlan(text: string, { file, flags = {} }: { file?: string; flags?: PlanFlags } = {}): Plan {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file ?? "plan"}:${line}:${col}`;
  };
  refuse(document.errors.map((error) => `${at(error.pos[0])}: ${error.message}`));
  const written: unknown = document.toJS() ?? {};
  if (typeof written !== "object" || Array.isArray(written)) {
    refuse([`${at(0)}: expected the settings of a plan, such as target: 127.0.0.1:18000, ${gotWhat(written)}`]);
  }

  const { raw, flagOf } = mergeFlags(written as Readonly<Record<string, unknown>>, flags);
  const told = (faults: readonly Fault[]): string[] => {
    const placed = faults.map(({ path, message, isKey = false }) => {
      const flag = flagOf(path) ?? (file === undefined ? flagAt(path) : undefined);
      if (flag !== undefined) return { offset: -1, line: `${flag}: ${message}` };
      const offset = positionOf(document, path, isKey);
      const parts = [...(file === undefined ? [] : [at(offset)]), nameOf(path), message];
      return { offset, line: parts.filter((part) => part !== "").join(": ") };
    });
    return placed.toSorted((a, b) => a.offset - b.offset).map(({ line }) => line);
  };

  const read = planSchema.safeParse(raw);
  if (read.error !== undefined) refuse(told(read.error.issues.flatMap((issue) => faultsOf(issue, raw))));
  const absolute = withAbsolutePaths(read.data!, file, (path) => flagOf(path) !== undefined);
  refuse(told([...contradictionsOf(absolute), ...unreadable(absolute)]));
  return toPlan(absolute);
}

interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** Whether the key itself is what is wrong. */
  readonly isKey?: boolean;
}

function refuse(faults: readonly string[]): void {
  if (faults.length > 0) throw new BenchError("bad-plan", [...new Set(faults)].join("\n"));
}

function faultsOf(issue: z.core.$ZodIssue, raw: unknown): Fault[] {
  const { path } = issue;
  const value = path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], raw);
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(path, raw);
    return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(key, known, raw, path), isKey: true }));
  }
  if (issue.code === "invalid_union") {
    const words = (issue as { options?: readonly string[] }).options ?? [];
    return [{ path, message: `expected ${orOf(words)}, ${gotWord(value, words)}` }];
  }
  if (issue.code === "invalid_type")
    return [{ path, message: `expected ${ARTICLES[issue.expected] ?? issue.expected}, ${gotWhat(value)}` }];
  if (issue.code === "too_big") return [{ path, message: `at most ${issue.maximum}, and there are more` }];
  if (issue.code === "too_small") return [{ path, message: `at least ${issue.minimum}, and there are fewer` }];
  return [{ path, message: issue.message }];
}

const ARTICLES: Readonly<Record<string, string>> = {
  object: "settings by their names",
  record: "settings by their names",
  array: "a list",
  string: "a text",
};

/** A key that is none here; where another scenario or driver has it, that is said. */
function unknownKey(key: string, known: readonly string[], raw: unknown, path: readonly PropertyKey[]): string {
  const near = nearest(key, known);
  const { kind } = (path.reduce<unknown>((inner, one) => (inner as Record<PropertyKey, unknown>)?.[one], raw) ??
    {}) as {
    kind?: string;
  };
  const what = kind === undefined ? `unknown setting ${key}` : `${kind} has no ${key}`;
  return `${what}; ${near ? `did you mean ${near}?` : `known here: ${known.filter((one) => one !== "kind").join(", ")}`}`;
}

function nameOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, key) => {
    if (typeof key === "number") return `${name}[${key}]`;
    return name === "" ? String(key) : `${name}.${String(key)}`;
  }, "");
}

/** Where the value begins, or its key; of what is missing, where its nearest parent does. */
function positionOf(document: Document, path: readonly PropertyKey[], isKey: boolean): number {
  for (let length = path.length; length > 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    if (isKey && length === path.length && isMap(parent)) {
      const pair = parent.items.find(({ key }) => isScalar(key) && key.value === last);
      if (pair && isNode(pair.key)) return pair.key.range?.[0] ?? 0;
    }
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

/** Paths in a file are relative to it, those of flags to where one is. */
function withAbsolutePaths(
  plan: PlanFile,
  file: string | undefined,
  isFlag: (path: readonly string[]) => boolean,
): PlanFile {
  if (!plan.tls) return plan;
  const base = file === undefined ? process.cwd() : dirname(resolve(file));
  const absolute = (key: (typeof TLS_FILES)[number]) => {
    const path = plan.tls?.[key];
    return path === undefined ? {} : { [key]: resolve(isFlag(["tls", key]) ? process.cwd() : base, path) };
  };
  return { ...plan, tls: { ...plan.tls, ...absolute("ca"), ...absolute("cert"), ...absolute("key") } };
}

const TLS_FILES = ["ca", "cert", "key"] as const;

function unreadable({ tls }: PlanFile): Fault[] {
  return TLS_FILES.flatMap((key) => {
    const path = tls?.[key];
    if (path === undefined) return [];
    try {
      accessSync(path, constants.R_OK);
      return [];
    } catch (error) {
      return [{ path: ["tls", key], message: `${path} cannot be read (${(error as NodeJS.ErrnoException).code})` }];
    }
  });
}
