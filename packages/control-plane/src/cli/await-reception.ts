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

/** How a change was taken, and who left while it was waited for. */
export interface AwaitedReception extends Reception {
  /** Ids of nodes that were waited for, and that nothing more was heard of. */
  readonly left: readonly string[];
}

/**
 * Waits until every connected proxy of a group has accepted or rejected a change, and tells how it goes meanwhile. One
 * that leaves before it has answered is waited for too: a proxy that a change makes crash is no reason to call it taken.
 */
export async function awaitReception(
  client: AdminClient,
  change: MadeChange,
  { timeoutMs, progress }: { readonly timeoutMs: number; readonly progress: Progress },
): Promise<AwaitedReception> {
  const awaited = new Set<string>();
  const startedMs = performance.now();
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 1.5, SLOWEST_POLL_MS)) {
    const reception = await readReception(client, change);
    const waitedMs = performance.now() - startedMs;
    for (const node of nodesOf(reception.pending)) awaited.add(node);
    const left = whoLeft(awaited, reception);
    if ((reception.pending.length === 0 && left.length === 0) || waitedMs >= timeoutMs) {
      progress.end();
      return { ...reception, left };
    }
    progress.tell(progressInWords(reception, left));
    await setTimeout(Math.min(pollMs, timeoutMs - waitedMs));
  }
}

/**
 * Says how proxies took a change.
 *
 * @throws FairleadError `proxies-rejected` with each one's words, `wait-timeout` with what each is waiting for
 */
export function requireAccepted(
  { group, revision }: MadeChange,
  reception: AwaitedReception,
  timeoutMs: number,
): string {
  const { acked, ackedNodes, rejected, pending, left } = reception;
  const taken = acked === 0 ? "" : `\n  accepted by ${named(ackedNodes, acked)}`;
  if (rejected.length > 0) {
    const head = `revision ${revision} of group ${group} is made, and rejected by ${named(nodesOf(rejected))}:`;
    const tail = "\nthey go on with what they had; apply what mends it";
    throw new FairleadError("proxies-rejected", `${head}\n${stragglers(rejected)}${taken}${tail}`);
  }
  if (pending.length > 0 || left.length > 0) {
    const gone = left.map((node) => `  ${printable(node)} left before it answered, and is not back`);
    const head = `revision ${revision} of group ${group} is made, and not all have answered in ${timeoutMs / 1_000} s:`;
    throw new FairleadError(
      "wait-timeout",
      `${[head, stragglers(pending), ...gone].filter(Boolean).join("\n")}${taken}`,
    );
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

/** Of more answers than are listed nobody can be missed. */
function whoLeft(awaited: ReadonlySet<string>, { acked, ackedNodes, rejected, pending }: Reception): string[] {
  if (acked > ackedNodes.length) return [];
  const present = new Set([...ackedNodes, ...nodesOf(rejected), ...nodesOf(pending)]);
  return [...awaited].filter((node) => !present.has(node));
}

function progressInWords({ acked, rejected, pending }: Reception, left: readonly string[]): string {
  const nodes = nodesOf(pending);
  const refused = nodesOf(rejected);
  const parts = [`${acked} accepted`];
  if (refused.length > 0) parts.push(`${refused.length} rejected`);
  if (nodes.length > 0) parts.push(`waiting for ${named(nodes)}: ${printable(pending[0]?.message ?? "")}`);
  if (left.length > 0) parts.push(`${named(left)} left`);
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
