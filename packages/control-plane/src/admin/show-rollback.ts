import type { Schema } from "@fairlead/envoy-api";
import type { RolledBack } from "./roll-back.ts";
import type { RollbackResult } from "./schemas/history.ts";
import { showStateDifferences } from "./show-state-differences.ts";
import { whatWasLeft } from "./what-was-left.ts";

/** Groups and differences told, at most. */
const MAX_SHOWN = 1_000;
/** Warnings told, at most. */
const MAX_WARNINGS = 100;

/** A return to a former state as the admin API shows it. */
export function showRollback(
  schema: Schema,
  { report, plan, differences, left }: RolledBack,
  { to, isDryRun }: { readonly to: number; readonly isDryRun: boolean },
): RollbackResult {
  const { revision, changed, warnings } = report;
  const groups = new Set(differences.flatMap((one) => (one.of === "document" ? [] : one.group)));
  const shown = showStateDifferences(schema, differences, { limit: isDryRun ? MAX_SHOWN : 0 });
  return {
    to,
    revision,
    changed,
    plan,
    counts: shown.counts,
    groups: [...groups].sort().slice(0, MAX_SHOWN),
    ...(isDryRun && { differences: shown.differences }),
    left: whatWasLeft(left),
    ...(warnings.length > 0 && { warnings: warnings.slice(0, MAX_WARNINGS) }),
  };
}
