import type { RevisionDiff } from "../admin/schemas/history.ts";
import { createAdminClient } from "./admin-client.ts";
import { printJson } from "./apply.ts";
import { formatStateDiff } from "./format-state-diff.ts";
import { requireRevisionName } from "./history.ts";

/** Options of `fairlead history diff`. */
export interface HistoryDiffOptions {
  readonly admin: string;
  readonly output: "text" | "json";
  readonly group?: string;
  readonly type?: string;
  readonly limit: number;
}

/** `fairlead history diff`: what differs between two revisions, field by field. */
export async function historyDiff(from: string, to: string, options: HistoryDiffOptions): Promise<void> {
  requireRevisionName(from);
  requireRevisionName(to);
  const { group, type, limit } = options;
  const client = createAdminClient(options.admin);
  const query = { group, type, limit: String(limit) };
  const diff = await client.get<RevisionDiff>(`/v1/revisions/${from}/diff/${to}`, query);
  if (options.output === "json") printJson(diff);
  else process.stdout.write(`revision ${diff.from} → ${diff.to}: ${formatStateDiff(diff)}\n`);
}
