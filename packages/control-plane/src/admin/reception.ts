import type { ClientStatus, TypeStatus } from "@fairlead/xds";
import type { Reception } from "./schemas/reception.ts";

/** The most names in each list of an answer. */
const MAX_LISTED = 1_000;

/** A commit whose reception is asked for. */
export interface AwaitedCommit {
  /** The groups whose proxies it reaches: the group that it changed, and those that include it. */
  readonly groups: ReadonlySet<string>;
  readonly revision: number;
  /** The types it changed; proxies that use none of them are not concerned. */
  readonly typeUrls: ReadonlySet<string>;
  /** When it was made, ms since the epoch: rejections before that are of something older. */
  readonly committedAtMs: number;
}

/** How the proxies of a group took a commit: who holds it or something newer, who rejected it, who has not answered. */
export function receptionOf(clients: Iterable<ClientStatus>, commit: AwaitedCommit): Reception {
  const reception: Reception = { acked: 0, ackedNodes: [], rejected: [], pending: [] };
  for (const client of clients) {
    if (!isReached(client, commit)) continue;
    const open = client.types.filter((type) => isConcerned(type, commit) && type.confirmedRevision < commit.revision);
    const rejected = open.filter((type) => isRejected(type, commit));
    for (const type of rejected) reception.rejected.push(...rejectionsOf(client, type, commit));
    if (rejected.length > 0) continue;
    if (open.length === 0) {
      reception.acked++;
      reception.ackedNodes.push(client.node.id);
    }
    for (const type of open) reception.pending.push({ ...straggler(client, type), message: reasonOf(client, type) });
  }
  return reception;
}

/** A reception with lists short enough for an answer. */
export function cutReception({ acked, ackedNodes, rejected, pending }: Reception): Reception {
  return {
    acked,
    ackedNodes: ackedNodes.slice(0, MAX_LISTED),
    rejected: rejected.slice(0, MAX_LISTED),
    pending: pending.slice(0, MAX_LISTED),
  };
}

/** Whether a client is one of the proxies that the commit is for. */
export function isReached({ group, isObserver }: ClientStatus, commit: AwaitedCommit): boolean {
  return !isObserver && group !== undefined && commit.groups.has(group);
}

function isConcerned(type: TypeStatus, commit: AwaitedCommit): boolean {
  return commit.typeUrls.has(type.typeUrl);
}

function isRejected(type: TypeStatus, commit: AwaitedCommit): boolean {
  // What follows a rejection (the rest without what was dropped since, or its parts one by one) may be taken.
  return type.state === "REJECTED" && type.isSettled && (type.nack?.atMs ?? 0) >= commit.committedAtMs;
}

/** One entry for each resource that is known to be what it rejects; else one for the type. */
function rejectionsOf(client: ClientStatus, type: TypeStatus, { committedAtMs }: AwaitedCommit): Reception["rejected"] {
  const who = straggler(client, type);
  const named = type.rejected.filter(({ atMs }) => atMs >= committedAtMs);
  if (named.length === 0) return [{ ...who, message: type.nack?.message ?? "" }];
  return named.map(({ name, message }) => ({ ...who, name, message }));
}

function straggler(client: ClientStatus, type: TypeStatus) {
  return { node: client.node.id, peer: client.peer, typeUrl: type.typeUrl };
}

function reasonOf(client: ClientStatus, type: TypeStatus): string {
  const wait = client.waits.find(({ typeUrl }) => typeUrl === type.typeUrl) ?? client.waits[0];
  return wait ? `${wait.stage}: ${wait.reason}` : "no answer yet";
}
