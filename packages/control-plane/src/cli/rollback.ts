import type { RollbackResult } from "../admin/schemas/history.ts";
import { FairleadError } from "../errors.ts";
import type { Fault } from "../validation/fault.ts";
import { formatFault } from "../validation/fault.ts";
import { createAdminClient } from "./admin-client.ts";
import { printJson } from "./apply.ts";
import type { AuthorOptions } from "./author-options.ts";
import { authorship } from "./authorship.ts";
import { awaitReception, requireAccepted } from "./await-reception.ts";
import { paint } from "./colours.ts";
import { formatLeft } from "./format-left.ts";
import { diffCountsInWords, formatStateDiff } from "./format-state-diff.ts";
import { requireRevisionName } from "./history.ts";
import { createProgress } from "./progress.ts";
import { readTimeout } from "./read-timeout.ts";
import { printable } from "./table.ts";

/** Options of `fairlead rollback`. */
export interface RollbackOptions extends AuthorOptions {
  readonly admin: string;
  readonly output: "text" | "json";
  readonly group?: string;
  readonly dryRun?: boolean;
  readonly wait?: boolean;
  readonly timeout: string;
}

/** `fairlead rollback`: shows what differs from a revision, makes exactly that as it was, and may wait for proxies. */
export async function rollback(revision: string, options: RollbackOptions): Promise<void> {
  const { group, dryRun = false, wait = false } = options;
  requireRevisionName(revision);
  const timeoutMs = readTimeout(options.timeout);
  const isText = options.output === "text";
  const say = (text: string) => void (isText && process.stdout.write(`${text}\n`));
  const client = createAdminClient(options.admin);
  const ask = (to: string | number, query: Record<string, string | undefined>) =>
    client.send<RollbackResult>("POST", `/v1/revisions/${to}/rollback`, { body: undefined, query });

  const planned = await ask(revision, { group, dryRun: "true" });
  const { to, plan } = planned;
  say(formatPlan(planned));
  if (dryRun || !planned.changed) {
    say(dryRun ? "dry run: nothing was changed" : "nothing was changed");
    if (!isText) printJson({ dryRun, ...planned });
    return;
  }
  // Of what has just been shown, and of nothing else.
  const done = await ask(to, { group, plan, ...authorship(options) }).catch(tellMovedOn);
  say(`revision ${done.revision} is made: as at ${to}, ${diffCountsInWords(done.counts)}`);
  const receptions: Record<string, unknown> = {};
  const deadlineMs = performance.now() + timeoutMs;
  const accepted: string[] = [];
  if (wait) {
    for (const name of done.groups) {
      const made = { group: name, revision: done.revision, changed: true };
      const leftMs = Math.max(0, deadlineMs - performance.now());
      const reception = await awaitReception(client, made, { timeoutMs: leftMs, progress: createProgress() });
      receptions[name] = reception;
      if (isText) accepted.push(`${printable(name)}: ${requireAccepted(made, reception, timeoutMs)}`);
    }
  }
  if (!isText) printJson({ dryRun, ...done, differences: planned.differences, ...(wait && { receptions }) });
  for (const text of accepted) say(text);
}

function tellMovedOn(error: unknown): never {
  if (!(error instanceof FairleadError) || error.code !== "precondition-failed") throw error;
  const message =
    "somebody else wrote meanwhile, so that it would change something else than was shown. " +
    "Nothing was changed: run the command again to see the difference anew";
  throw new FairleadError("precondition-failed", message, { cause: error });
}

function formatPlan(planned: RollbackResult): string {
  const { to, changed, counts, differences = [], left, warnings = [] } = planned;
  const lines = [
    changed ? `to revision ${to}: ${formatStateDiff({ counts, differences })}` : `all is as at revision ${to}`,
  ];
  for (const warning of warnings) {
    lines.push(`${paint("yellow", "warning:")} ${printable(formatFault(warning as Fault))}`);
  }
  lines.push(...left.map(formatLeft));
  return lines.join("\n");
}
