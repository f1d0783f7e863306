/** `@fairlead/bench`: the load tester behind `fairlead bench`. */
export { createDriver } from "./drivers/create.ts";
export type { Driver } from "./drivers/driver.ts";
export { type LineAnswer, type LineProgram, startLineProgram } from "./drivers/line-program.ts";
export { BenchError, type BenchErrorCode } from "./errors.ts";
export type { PlanFlags } from "./plan/flags.ts";
export { formatPlan } from "./plan/format.ts";
export { planJsonSchema } from "./plan/json-schema.ts";
export type { Plan } from "./plan/plan.ts";
export { parsePlan, readPlan } from "./plan/read.ts";
export { createProgress, type Progress } from "./progress/progress.ts";
export { summarize } from "./progress/summary.ts";
export { type Comparison, compareResults, type Entry } from "./results/compare.ts";
export { type ComparisonFormat, formatComparison } from "./results/format-comparison.ts";
export { METRICS, type Metric, type Unit } from "./results/metrics.ts";
export { formatResult, readResult } from "./results/read-result.ts";
export type { Result } from "./results/result.ts";
export { resultJsonSchema } from "./results/schema.ts";
export { type RunOptions, runPlan } from "./run/run-plan.ts";
