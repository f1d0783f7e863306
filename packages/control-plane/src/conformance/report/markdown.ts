import type { Outcome } from "../run.ts";
import { count, type Report, summarize } from "./summarize.ts";

const RESULTS = { pass: "pass", fail: "**fail**", unsupported: "not supported" } as const;

/** The report as tables in Markdown: all requirements, then what did not pass. */
export function markdownReport({ target, driver, outcomes }: Report): string {
  const rows = summarize(outcomes).map(
    ({ id, pass, fail, unsupported }) => `| ${id} | ${pass} | ${fail} | ${unsupported} |`,
  );
  const others = outcomes.filter(({ result }) => result !== "pass").map(row);
  const counts = `${count(outcomes, "pass")} passed, ${count(outcomes, "fail")} failed, ${count(outcomes, "unsupported")} not supported`;
  return [
    `# Conformance of ${cell(target)}`,
    "",
    `${outcomes.length} trials, driver ${cell(driver)}: ${counts}.`,
    "",
    "| id | passed | failed | not supported |",
    "|---|---|---|---|",
    ...rows,
    "",
    ...(others.length > 0
      ? ["| id | what | how | level | result | expected | came |", "|---|---|---|---|---|---|---|"]
      : []),
    ...others,
    "",
  ].join("\n");
}

function row({ case: one, variant, result, expected = "", came = "" }: Outcome): string {
  return `| ${[one.id, one.says, variant, one.level, RESULTS[result], expected, came].map(cell).join(" | ")} |`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ");
}
