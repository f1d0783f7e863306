import { availableParallelism } from "node:os";
import type { Schema } from "../../src/schema.ts";
import { askEnvoy } from "./ask-envoy.ts";
import { bootstrapAround } from "./bootstrap.ts";
import { kindOf } from "./differences.ts";
import { isSameReason } from "./is-same-reason.ts";
import { type Case, makeCase } from "./make-case.ts";
import { isFine, type OurVerdict, ourVerdict } from "./our-verdict.ts";

/** One resource on which Envoy and we do not agree, or that both refuse, but over other fields. */
export interface Difference {
  readonly case: Case;
  readonly ours: OurVerdict;
  /** Envoy's error, `undefined` if it takes the resource. */
  readonly envoy: string | undefined;
  /** See docs/validation.md; `undefined`: of no known kind. */
  readonly kind: string | undefined;
}

/** What a comparison found. */
export interface Comparison {
  readonly bothTake: number;
  readonly bothRefuse: number;
  readonly differences: readonly Difference[];
  /** Kinds of rule that values were tried at or over the edge of. */
  readonly triedRules: ReadonlySet<string>;
}

/** Compares our verdict with that of an Envoy binary on `count` generated resources; equal seeds give equal resources. */
export async function compareWithEnvoy(
  schema: Schema,
  options: { readonly envoy: string; readonly count: number; readonly seed: number },
): Promise<Comparison> {
  const cases = Array.from({ length: options.count }, (_, number) => makeCase(schema, options.seed, number));
  const bootstraps = cases.map((it) => bootstrapAround(it.place, it.resource));
  const verdicts = await askEnvoy(options.envoy, bootstraps, Math.max(2, availableParallelism()));
  const differences: Difference[] = [];
  const counts = { bothTake: 0, bothRefuse: 0 };
  for (const it of cases) {
    const ours = ourVerdict(schema, it.resource);
    const envoy = verdicts[it.number];
    const isOtherReason = envoy !== undefined && !isSameReason(ours, envoy);
    if (isFine(ours) !== (envoy === undefined) || isOtherReason)
      differences.push({ case: it, ours, envoy, kind: kindOf(ours, envoy) });
    else counts[envoy === undefined ? "bothTake" : "bothRefuse"]++;
  }
  return { ...counts, differences, triedRules: new Set(cases.flatMap((it) => it.mutation?.rules ?? [])) };
}

/** A difference for people. */
export function describe({ case: { number, place, mutation }, ours, envoy }: Difference): string {
  const reasons = [...ours.faults, ...ours.violations].map((it) => `${it.pointer}: ${it.message}`);
  return [
    `case ${number}, ${place}, ${mutation?.what ?? "unchanged"}`,
    `  we:    ${reasons.join("; ") || "fine"}`,
    `  Envoy: ${envoy ?? "fine"}`,
  ].join("\n");
}
