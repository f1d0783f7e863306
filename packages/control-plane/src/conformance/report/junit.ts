import type { Outcome } from "../run.ts";
import { count, type Report, type Summary, summarize } from "./summarize.ts";

/** The report as JUnit XML: a suite for each requirement. Failures of levels that were not asked for are skipped ones. */
export function junitReport(report: Report): string {
  const { outcomes } = report;
  const suites = summarize(outcomes).map((summary) => suite(summary, report));
  const attributes = `name="fairlead conformance" tests="${outcomes.length}" failures="${count(outcomes, "fail")}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${attributes}>\n${suites.join("")}</testsuites>\n`;
}

function suite({ id, fail, outcomes }: Summary, report: Report): string {
  const cases = outcomes.map((outcome) => testCase(outcome, report)).join("");
  return `  <testsuite name="${id}" tests="${outcomes.length}" failures="${fail}">\n${cases}  </testsuite>\n`;
}

function testCase({ case: one, variant, result, expected, came, ms, transcript }: Outcome, report: Report): string {
  const name = escaped(`${one.says} (${variant})`);
  const head = `    <testcase classname="${one.id}.${one.level}" name="${name}" time="${(ms / 1_000).toFixed(3)}"`;
  if (result === "pass") return `${head}/>\n`;
  const message = escaped(result === "fail" ? `expected ${expected}; there came ${came}` : `${came}`);
  const isCounted = report.levels.includes(one.level) && (result === "fail" || report.isStrict);
  if (!isCounted) return `${head}><skipped message="${message}"/></testcase>\n`;
  return `${head}><failure message="${message}">${escaped(transcript.join("\n"))}</failure></testcase>\n`;
}

/** Control characters are no XML at all. */
function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll(/[^\P{Cc}\n\t]/gu, "?");
}
