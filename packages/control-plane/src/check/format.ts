import { paint } from "../cli/colours.ts";
import { countOf } from "../cli/count-of.ts";
import { printable } from "../cli/table.ts";
import type { Fault } from "../validation/fault.ts";
import type { CheckFormat } from "./formats.ts";

/** What is to be told. */
export interface Findings {
  readonly faults: readonly Fault[];
  readonly summary: Summary;
}

/** What was looked at, and how it was. */
export interface Summary {
  readonly files: number;
  readonly groups: number;
  readonly resources: number;
  readonly errors: number;
  readonly warnings: number;
}

/** Makes the text of a format, ending with a newline. `isQuiet`: errors only, and no summary but in JSON. */
export function formatFindings(format: CheckFormat, findings: Findings, isQuiet: boolean): string {
  const { faults, summary } = findings;
  const shown = isQuiet ? faults.filter(({ severity }) => severity === "error") : faults;
  if (format === "json") return `${JSON.stringify({ faults: shown, summary }, null, 2)}\n`;
  const lines = shown.map(format === "github" ? githubLine : textLine);
  if (!isQuiet) lines.push(summaryLine(summary));
  return lines.map((line) => `${line}\n`).join("");
}

/** `edge/a.yaml:3:5: error: /resources/0/name: message (rule)`: what editors and CI logs take for a place to go to. */
function textLine(fault: Fault): string {
  const { severity, rule, message, pointer } = fault;
  const position = [fault.file, fault.line, fault.column].filter((part) => part !== undefined).join(":");
  const word = paint(severity === "error" ? "red" : "yellow", severity);
  const place = position === "" ? "" : `${printable(position)}: `;
  const at = pointer === "" ? "" : `${printable(pointer)}: `;
  return `${place}${word}: ${at}${printable(message)} ${paint("dim", `(${rule})`)}`;
}

/**
 * A workflow command, which GitHub shows beside the line.
 *
 * @see https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
function githubLine(fault: Fault): string {
  const { severity, rule, message, pointer, file, line, column } = fault;
  const properties = Object.entries({ file, line, col: column, title: rule })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  return `::${severity} ${properties.join(",")}::${escapeText(pointer === "" ? message : `${pointer}: ${message}`)}`;
}

function escapeText(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeText(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

function summaryLine({ files, groups, resources, errors, warnings }: Summary): string {
  const what = `${countOf(resources, "resource")} in ${countOf(files, "file")}, ${countOf(groups, "group")}`;
  if (errors + warnings === 0) return `${paint("green", "all is well")}: ${what}`;
  return `${countOf(errors, "error")}, ${countOf(warnings, "warning")}: ${what}`;
}
