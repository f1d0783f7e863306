import { faultsOf, type Report, summarize } from "./summarize.ts";

/** The report as one JSON document. */
export function jsonReport(report: Report): string {
  const { target, driver, levels, isStrict } = report;
  const requirements = summarize(report.outcomes).map(({ id, pass, fail, unsupported, outcomes }) => ({
    id,
    pass,
    fail,
    unsupported,
    trials: outcomes.map(({ case: one, variant, result, expected, came, ms, transcript }) => ({
      says: one.says,
      variant,
      level: one.level,
      source: one.source,
      result,
      ...(expected !== undefined && { expected }),
      ...(came !== undefined && { came }),
      ms,
      ...(result === "fail" && { transcript }),
    })),
  }));
  const document = { target, driver, levels, strict: isStrict, conforms: faultsOf(report).length === 0, requirements };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
