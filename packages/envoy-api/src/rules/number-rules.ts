import { comparisonRules } from "./comparison-rules.ts";
import { type RuleTable, STEERS } from "./rule-set.ts";

/** Rules of numbers, the same for all twelve types. */
export const NUMBER_RULES: RuleTable = {
  ...comparisonRules((value: number | bigint) => value, String),
  ignore_empty: STEERS,
};

/** Rules of `bool`. */
export const BOOL_RULES: RuleTable = {
  const: (limit: boolean) => (value) => (value === limit ? undefined : `must be ${limit}`),
};
