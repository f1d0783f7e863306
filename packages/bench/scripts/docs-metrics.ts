import { ENOUGH_ROUNDS, EQUAL_RATIO, NOISE_RATIO } from "../src/results/compare.ts";
import { METRICS } from "../src/results/metrics.ts";
import { resultJsonSchema } from "../src/results/schema.ts";
import { formatValue } from "../src/results/units.ts";
import { CPU_LIMIT, FAILED_LIMIT, RATE_LIMIT, SLIP_LIMIT_MS } from "../src/results/validity.ts";

/** Renders docs/bench-metrics.md from the catalogue of metrics and the limits of the verdict. */
export function renderBenchMetrics(): string {
  const percent = (share: number) => formatValue(share, "share");
  const rows = METRICS.map(({ name, unit, better, meaning }) => `| \`${name}\` | ${unit} | ${better} | ${meaning} |`);
  return `<!-- Written by \`npm run docs\`; edit the source instead. -->

# Metrics and verdicts of \`fairlead bench\`

A result (\`result.json\`, [schema](bench-result.schema.json)) holds each of these metrics
that the run has a figure for; thresholds and \`fairlead bench compare\` know them by these names.

## Metrics

Times are of streams that read at once and ACK, from the *intended* time of a change, over the measured part of the run (without warm-up).
Everything that is wrong is counted over the whole run. \`share\`: 1 is a whole core. The server's own figures need \`--pid\` or \`--prometheus\`.

| name | unit | better | meaning |
|---|---|---|---|
${rows.join("\n")}

## Verdict

The gravest that applies; all reasons are told.

| verdict | exit code | when |
|---|---|---|
| \`wrong\` | 1 | Updates were reordered, resent unchanged or after a NACK, could not be read, were lost, first states did not come, or streams ended for good: speed with wrong answers is a failure |
| \`aborted\` | 105 | SIGINT or SIGTERM; what there is was written |
| \`invalid\` | 1 | The load tester or the driver failed, or the run broke off (the server went away, a process died), so the figures say nothing about the server |
| \`missed\` | 99 | A threshold does not hold, or there is no figure for it |
| \`passed\` | 0 | None of these |

A run is **invalid** when

- the load tester's own timers were late by more than ${formatValue(SLIP_LIMIT_MS, "ms")} (99th percentile over the measured part);
- a generator process took more than ${percent(CPU_LIMIT)} of a core, averaged over the measured part;
- the driver could not make more than ${percent(FAILED_LIMIT)} of the changes, or made less than ${percent(RATE_LIMIT)} of those that the schedule asked for;
- nothing was measured: no first state, or no push.

Streams that lack a change count as wrong answers, except where the generator itself was late: then nobody knows, and the run is invalid.

**Saturation** has no schedule that a generator could be late for. When the generator is at its limit there, the server can do *at least* as
much as was measured: \`pushes_per_second\` and \`changes_per_second\` are marked as lower bounds (≥), and what the server used per push is
right all the same. Such a run is invalid only if a threshold can't be judged: one on a latency, or on a rate that was not reached.

## When \`compare\` calls it a difference

Results of one \`name\` are rounds of the same thing; if all files have one name, each is compared by itself. Medians are shown with the lowest and
highest round, ratios are to the first. Rounds that were invalid or aborted are left out.

- **better**, **worse**: the rounds separate (the worst of one side is better than the best of the other), and the medians differ by
  ${NOISE_RATIO} times or more; or by ${EQUAL_RATIO} times or more, with at least ${ENOUGH_ROUNDS} rounds on both sides. Three rounds against three separate by chance one time in ten, so among
  many metrics one or the other will: take five when it matters.
- **tie**: everything else.
- **unsure**: a large difference, but a side has a single round, so nobody knows the noise; or the figure that loses is a lower
  bound. Every metric is unsure, and has no ratio, where a side has no valid round.

Other plans, other machines and wrong answers are told above the table, as are rounds left out.
`;
}

/** Renders docs/bench-result.schema.json. */
export function renderResultSchema(): string {
  return `${JSON.stringify(resultJsonSchema(), null, 2)}\n`;
}
