import { nearest } from "@fairlead/envoy-api";
import { stringify } from "yaml";
import type { WriteResult } from "../admin/schemas/resources.ts";
import { aroundChanges, diffLines } from "../history/diff-lines.ts";
import type { Fault } from "../validation/fault.ts";
import { formatFault } from "../validation/fault.ts";
import { paint } from "./colours.ts";
import { formatDiff, indent } from "./format-diff.ts";
import { shortType } from "./short-type.ts";
import { printable } from "./table.ts";

type Difference = NonNullable<WriteResult["diff"]>[number];

/** The difference that a dry run found, for people: the whole of what is new, the changed lines of what changes. */
export function formatDifference(group: string, { diff = [], counts, warnings = [] }: WriteResult): string {
  const count = counts.added + counts.changed + counts.removed;
  const lines = diff.map(formatOne);
  if (count > diff.length) lines.push(`  and ${count - diff.length} more`);
  for (const warning of warnings)
    lines.push(`${paint("yellow", "warning:")} ${printable(formatFault(warning as Fault))}`);
  return [`${printable(group)}: ${countsInWords(counts)}`, ...lines].join("\n");
}

/** Says that a group would be a new one, and which of those there are its name is like: it may be misspelt. */
export function formatNewGroup(group: string, others: readonly string[]): string {
  const near = nearest(group, others);
  const hint = near === undefined ? "" : `; did you mean ${printable(near)}?`;
  return `${paint("yellow", "new group:")} there is no group ${printable(group)} yet, and the change makes it${hint}`;
}

/** `1 added, 2 changed`; `nothing differs`. */
export function countsInWords(counts: WriteResult["counts"]): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  return parts.length === 0 ? "nothing differs" : parts.map(([kind, count]) => `${count} ${kind}`).join(", ");
}

function formatOne({ kind, typeUrl, name, before, after }: Difference): string {
  const heading = `${shortType(typeUrl)} ${printable(name)}`;
  if (kind === "removed") return `  ${paint("red", `- ${heading}`)}`;
  if (kind === "added") return `  ${paint("green", `+ ${heading}`)}${after ? `\n${indent(textOf(after))}` : ""}`;
  const title = `  ${paint("yellow", `~ ${heading}`)}`;
  if (!before || !after) return title;
  const lines = diffLines(textOf(before), textOf(after));
  if (lines.every((line) => line.kind === "same"))
    return `${title}\n      ${paint("dim", "(what differs is a secret, and not shown)")}`;
  return `${title}\n${formatDiff(aroundChanges(lines))}`;
}

/** In YAML, without the `@type` that the heading tells. */
function textOf({ "@type": _, ...json }: NonNullable<Difference["before"]>): string {
  return stringify(json, { lineWidth: 0 }).trimEnd();
}
