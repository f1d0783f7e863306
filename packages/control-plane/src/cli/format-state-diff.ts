import type { DiffCounts, RevisionDiff, StateDifferenceDocument } from "../admin/schemas/history.ts";
import { paint } from "./colours.ts";
import { countOf } from "./count-of.ts";
import { countsInWords } from "./print-difference.ts";
import { shortType } from "./short-type.ts";
import { printable } from "./table.ts";

/** Characters of a value in a line. */
const MAX_VALUE = 160;

/** Differences of two states for people: what differs in numbers, then by group each resource, then documents. */
export function formatStateDiff({ counts, differences }: Pick<RevisionDiff, "counts" | "differences">): string {
  const parts = Map.groupBy(differences, ({ of, group }) => (of === "document" ? "documents" : `group ${group}`));
  const texts = [...parts].map(([title, list]) => [printable(title), ...list.map(formatDifferenceOf)].join("\n"));
  const left = totalOf(counts) - differences.length;
  if (left > 0) texts.push(`and ${left} more: \`--limit\` shows up to 1000, \`--group\` and \`--type\` a part`);
  return [diffCountsInWords(counts), ...texts].join("\n");
}

/** `2 resources changed, 1 document added`. */
export function diffCountsInWords({ resources, documents, versions }: DiffCounts): string {
  const parts: string[] = [];
  if (sum(resources) > 0) parts.push(countsInWords(resources));
  if (sum(documents) > 0) parts.push(`of documents ${countsInWords(documents)}`);
  if (versions > 0) parts.push(countOf(versions, "version label"));
  return parts.length === 0 ? "nothing differs" : parts.join("; ");
}

/** One resource or document, with each field that differs below it. */
export function formatDifferenceOf(difference: StateDifferenceDocument): string {
  const { kind, fields = [], fieldCount = fields.length, unshown } = difference;
  const heading = printable(nameOf(difference));
  const title = {
    added: paint("green", `+ ${heading}`),
    changed: paint("yellow", `~ ${heading}`),
    removed: paint("red", `- ${heading}`),
  };
  const lines = fields.map(formatField);
  if (unshown) lines.push(paint("dim", UNSHOWN[unshown]));
  if (fieldCount > fields.length) lines.push(paint("dim", `and ${fieldCount - fields.length} more fields`));
  return [title[kind], ...lines.map((line) => `    ${line}`)].map((line) => `  ${line}`).join("\n");
}

const UNSHOWN = {
  secret: "(what differs is a secret, and not shown)",
  large: "(too large to be taken apart together with the others: `--group` and `--type` show a part)",
  "type-unknown": "(of a type that is not known any more)",
} as const;

function nameOf({ of, key, typeUrl = "", name = "" }: StateDifferenceDocument): string {
  if (of === "document") return key ?? "";
  return of === "version" ? `version of ${shortType(typeUrl)}` : `${shortType(typeUrl)} ${name}`;
}

type Field = NonNullable<StateDifferenceDocument["fields"]>[number];

function formatField(field: Field): string {
  const path = field.path === "" ? "" : `${printable(field.path)}: `;
  const [before, after] = [shownValue(field, "before"), shownValue(field, "after")];
  if (before === undefined) return paint("green", `+ ${path}${after}`);
  if (after === undefined) return paint("red", `- ${path}${before}`);
  return `${paint("yellow", "~")} ${path}${paint("red", before)} → ${paint("green", after)}`;
}

function shownValue(field: Field, side: "before" | "after"): string | undefined {
  const value = field[side];
  if (value === undefined) return undefined;
  // What is cut is JSON already.
  const text = field.cut && typeof value === "string" && value.endsWith("…") ? value : JSON.stringify(value);
  return printable(text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text);
}

function totalOf({ resources, documents, versions }: DiffCounts): number {
  return sum(resources) + sum(documents) + versions;
}

function sum({ added, changed, removed }: DiffCounts["resources"]): number {
  return added + changed + removed;
}
