import type { Duration } from "@bufbuild/protobuf/wkt";
import { comparisonRules } from "./comparison-rules.ts";
import { type RuleTable, STEERS } from "./rule-set.ts";

/** Rules of `google.protobuf.Duration`; `required` is looked at where presence is. */
export const DURATION_RULES: RuleTable = { ...comparisonRules(nanosOf, show), required: STEERS };

function nanosOf({ seconds, nanos }: Duration): bigint {
  return seconds * 1_000_000_000n + BigInt(nanos);
}

function show(duration: Duration): string {
  return `${Number(nanosOf(duration)) / 1e9}s`;
}
