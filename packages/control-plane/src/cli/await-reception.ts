import { setTimeout } from "node:timers/promises";
import type { Reception } from "../admin/schemas/reception.ts";
import type { RevisionDetail } from "../admin/schemas/revisions.ts";
import { FairleadError } from "../errors.ts";
import type { AdminClient } from "./admin-client.ts";
import type { Progress } from "./progress.ts";
import { shortType } from "./short-type.ts";
import { printable } from "./table.ts";

/** How often the control plane is asked who has answered, ms: soon at first, when most do. */
const FIRST_POLL_MS = 50;
const SLOWEST_POLL_MS = 1_000;
/** Node ids named in a sentence. */
const MAX_NAMED = 10;

/** A change that was made. */
export interface MadeChange {
  readonly group: string;
  readonly revision: number;
  /** Whether the revision is of this change; otherwise it is what was there before. */
  readonly changed: boolean;
}

/** Waits until every connected proxy of a group has accepted or rejected a change, and tells how it goes meanwhile. */
export async function awaitReception(
  client: AdminClient,
  change: MadeChange,
  { timeoutMs, progress }: { readonly timeoutMs: number; readonly progress: Progress },
): Promise<Reception> {
  const startedMs = performance.now();
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 1.5, SLOWEST_POLL_MS)) {
    const reception = await readReception(client, change);
    const waitedMs = performance.now() - startedMs;
    if (reception.pending.length === 0 || waitedMs >= timeoutMs) {
      progress.end();
      return reception;
    }
    progress.tell(progressInWords(reception));
    await setTimeout(Math.min(pollMs, timeoutMs - waitedMs));
  }
}

/**
 * Says how proxies took a change.
 *
 * @throws FairleadError `proxies-rejected` with each one's words, `wait-timeout` with what each is waiting for
 */
export function requireAccepted({ group, revision }: MadeChange, reception: Reception, timeoutMs: number): string {
  const { acked, ackedNodes, rejected, pending } = reception;
  const taken = acked === 0 ? "" : `\n  accepted by ${named(ackedNodes, acked)}`;
  if (rejected.length > 0) {
    const head = `revision ${revision} of group ${group} is made, and rejected by ${named(nodesOf(rejected))}:`;
    const tail = "\nthey go on with what they had; apply what mends it";
    throw new FairleadError("proxies-rejected", `${head}\n${stragglers(rejected)}${taken}${tail}`);
  }
  if (pending.length > 0) {
    const head = `revision ${revision} of group ${group} is made, and not all have answered in ${timeoutMs / 1_000} s:`;
    throw new FairleadError("wait-timeout", `${head}\n${stragglers(pending)}${taken}`);
  }
  if (acked === 0) return "no proxy is connected: nobody to wait for";
  return `accepted by ${named(ackedNodes, acked)}`;
}

async function readReception(client: AdminClient, { group, revision, changed }: MadeChange): Promise<Reception> {
  const ofGroup = async () => {
    return (await client.get<{ reception: Reception }>(`/v1/groups/${encodeURIComponent(group)}`)).reception;
  };
  if (!changed) return await ofGroup();
  try {
    const { reception } = await client.get<RevisionDetail>(`/v1/revisions/${revision}`);
    return reception[group] ?? (await ofGroup());
  } catch (error) {
    if (error instanceof FairleadError && error.code === "revision-unknown") return await ofGroup();
    throw error;
  }
}

function progressInWords({ acked, rejected, pending }: Reception): string {
  const nodes = nodesOf(pending);
  const refused = nodesOf(rejected);
  const parts = [`${acked} accepted`];
  if (refused.length > 0) parts.push(`${refused.length} rejected`);
  parts.push(`waiting for ${named(nodes)}: ${printable(pending[0]?.message ?? "")}`);
  return parts.join(", ");
}

function nodesOf(stragglers: Reception["pending"]): string[] {
  return [...new Set(stragglers.map(({ node }) => node))];
}

function named(nodes: readonly string[], count = nodes.length): string {
  const shown = nodes.slice(0, MAX_NAMED).map(printable).join(", ");
  return count > MAX_NAMED ? `${shown} and ${count - MAX_NAMED} more` : shown;
}

function stragglers(list: Reception["pending"]): string {
  return list
    .map(({ node, peer, typeUrl, name, message }) => {
      const what = name === undefined ? shortType(typeUrl) : `${shortType(typeUrl)} ${name}`;
      return `  ${printable(`${node} (${peer}) ${what}: ${message}`)}`;
    })
    .join("\n");
}
