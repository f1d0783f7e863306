import { paint } from "../../cli/colours.ts";
import { printable } from "../../cli/table.ts";
import type { Outcome } from "../run.ts";
import { count, faultsOf, type Report, type Summary, summarize } from "./summarize.ts";

const MARKS = { pass: "pass", fail: "FAIL", unsupported: "skip" } as const;
const COLOURS = { pass: "green", fail: "red", unsupported: "yellow" } as const;

/** The report for people: a line for each requirement, more of what failed; with `verbose` of everything. */
export function textReport(report: Report, { verbose }: { readonly verbose: boolean }): string {
  const lines = summarize(report.outcomes).flatMap((summary) => [
    headline(summary),
    ...summary.outcomes.filter(({ result }) => verbose || result !== "pass").flatMap((one) => details(one, verbose)),
  ]);
  return `${[...lines, "", totals(report)].join("\n")}\n`;
}

function headline(summary: Summary): string {
  const { id, pass, fail, unsupported } = summary;
  const result = fail > 0 ? "fail" : pass > 0 ? "pass" : "unsupported";
  const counts = [
    `${pass} passed`,
    fail > 0 ? `${fail} failed` : "",
    unsupported > 0 ? `${unsupported} not supported` : "",
  ];
  return `${paint(COLOURS[result], MARKS[result])}  ${paint("bold", id)}  ${counts.filter(Boolean).join(", ")}`;
}

function details({ case: one, variant, result, expected, came, transcript, ms }: Outcome, verbose: boolean): string[] {
  const lines = [`  ${paint(COLOURS[result], MARKS[result])}  ${one.says} (${variant}, ${one.level})`];
  if (result === "fail") {
    lines.push(
      `        expected  ${expected}`,
      `        came      ${printable(`${came}`)}`,
      `        by        ${one.source}`,
    );
  }
  if (result === "unsupported") lines.push(`        not supported: ${printable(`${came}`)}`);
  if (verbose) lines.push(...transcript.map((line) => `        ${paint("dim", printable(line))}`), `        ${ms} ms`);
  return lines;
}

function totals(report: Report): string {
  const { outcomes, target, driver, levels } = report;
  const faults = faultsOf(report).length;
  const counts = [
    `${count(outcomes, "pass")} passed`,
    `${count(outcomes, "fail")} failed`,
    `${count(outcomes, "unsupported")} not supported`,
  ].join(", ");
  const verdict = faults === 0 ? paint("green", "conforms") : paint("red", `${faults} count`);
  return `${outcomes.length} trials of ${target} (driver ${driver}): ${counts}. At level ${levels.join(", ")}: ${verdict}.`;
}
