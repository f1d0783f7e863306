import type { BenchError } from "../errors.ts";
import { isOfServer } from "../plan/figureless.ts";
import type { Plan } from "../plan/plan.ts";
import { type Figures, findMetric } from "./metrics.ts";
import type { Verdict } from "./result.ts";
import { formatNumber, formatValue } from "./units.ts";
import type { Judged, Validity } from "./validity.ts";

/**
 * What to make of it, the gravest first: `wrong` answers, whatever the speed; `aborted`; `invalid`, when the load tester or the driver
 * failed; thresholds `missed`; `passed`. All reasons are told, also those of lesser kinds.
 *
 * Streams that lack a change make an answer wrong, unless the generator itself was late: then nobody knows, and the run is invalid.
 * A run that was ended early did not wait for them. One that broke off, since the server or a process went away, is `invalid`.
 */
export function judge(
  plan: Plan,
  figures: Figures,
  validity: Validity,
  thresholds: readonly Judged[],
  endedBy: BenchError | undefined,
  notes: readonly string[],
): Verdict {
  const doubtful = validity.late.length > 0 || endedBy !== undefined;
  const certain = wrongAnswers(figures);
  const isGone = endedBy !== undefined && endedBy.code !== "aborted" && isServerGone(figures);
  const uncertain = missingAnswers(plan, figures, isGone);
  const wrong = doubtful ? certain : [...certain, ...uncertain];
  const invalid = doubtful ? [...validity.reasons, ...uncertain] : validity.reasons;
  const isEmpty = endedBy !== undefined && figures.measured.durationMs === 0;
  const unmet = thresholds.filter(({ holds, actual }) => !holds && !(isEmpty && actual === null)).map(tellMissed);
  const early = endedBy === undefined ? [] : tellEarlyEnd(endedBy, figures, isGone, isEmpty);
  const [kind] = [
    ["wrong", wrong.length > 0] as const,
    ["aborted", endedBy?.code === "aborted"] as const,
    ["invalid", invalid.length > 0 || endedBy !== undefined] as const,
    ["missed", unmet.length > 0] as const,
    ["passed", true] as const,
  ].find(([, applies]) => applies)!;
  const reasons = [...(isGone ? [...early, ...wrong] : [...wrong, ...early]), ...invalid, ...unmet];
  return { kind, reasons, notes: [...notes, ...boundNotes(validity), ...endNotes(figures)] };
}

function wrongAnswers({ counts }: Figures): string[] {
  const { reordered, unchanged, resentAfterNack, malformed } = counts;
  return [
    ...told(reordered, "resources came in an older state than the stream held"),
    ...told(unchanged, "responses brought nothing new and answered nothing"),
    ...told(resentAfterNack, "responses held just what the stream had rejected"),
    ...told(malformed, "responses could not be read or did not belong"),
  ];
}

/** In a run that broke off, the end of most streams is the server's. */
function isServerGone(figures: Figures): boolean {
  const gone = goneStreams(figures);
  return gone > 0 && gone * 2 >= figures.counts.synced;
}

function goneStreams({ counts }: Figures): number {
  return Math.max(0, counts.ended - counts.reconnected);
}

function tellEarlyEnd({ message }: BenchError, figures: Figures, isGone: boolean, isEmpty: boolean): string[] {
  const gone = formatNumber(goneStreams(figures));
  return [
    ...(isGone ? [`the server went away: ${gone} streams ended, and did not come back`] : []),
    message,
    ...(isEmpty ? ["nothing was measured: the part that counts had not begun"] : []),
  ];
}

function missingAnswers({ streams }: Plan, figures: Figures, isGone: boolean): string[] {
  const { counts } = figures;
  const gone = isGone ? 0 : goneStreams(figures); // told already
  return [
    ...told(counts.lost, "times a stream lacked a change in the end"),
    ...told(counts.failedSyncs, `first states did not come (${formatNumber(streams)} streams)`),
    ...told(gone, "streams ended though the load tester did not end them, and did not come back"),
  ];
}

function told(count: number, what: string): string[] {
  return count > 0 ? [`${formatNumber(count)} ${what}`] : [];
}

function tellMissed({ text, metric, actual }: Judged): string {
  if (actual !== null) return `\`${text}\` is missed: ${formatValue(actual, findMetric(metric)?.unit ?? "count")}`;
  const mend = isOfServer(metric) ? " (the server's own figures need --pid or --prometheus)" : "";
  return `\`${text}\` is not shown: this run has no ${metric}${mend}`;
}

function boundNotes({ lowerBounds, late }: Validity): string[] {
  if (lowerBounds.length === 0) return [];
  return [`${lowerBounds.join(" and ")} are lower bounds, and latencies say little: ${late.join("; ")}`];
}

function endNotes({ counts }: Figures): string[] {
  if (counts.ended === 0 || counts.ended > counts.reconnected) return [];
  return [`${formatNumber(counts.ended)} streams were ended by the server or the network, and came back`];
}
