import type { ClientStatus, SyncState, TypeStatus } from "@fairlead/xds";
import type { NodeDocument } from "./schemas/nodes.ts";

/** The worst state among types: a rejection outweighs waiting. */
export function stateOf(types: Iterable<{ readonly state: SyncState }>): SyncState {
  let worst: SyncState = "SYNCED";
  for (const { state } of types) {
    if (state === "REJECTED") return "REJECTED";
    if (state === "PENDING") worst = "PENDING";
  }
  return worst;
}

/** A client's status as the admin API of that replica shows it. */
export function nodeDocument(client: ClientStatus, replica: string): NodeDocument {
  const { node } = client;
  return {
    id: node.id,
    cluster: node.cluster,
    replica,
    ...(client.group !== undefined && { group: client.group }),
    state: stateOf(client.types),
    revision: client.revision,
    peer: client.peer,
    connectedAt: timeOf(client.connectedAtMs),
    userAgent: [node.userAgentName, node.userAgentVersion].filter(Boolean).join(" "),
    sans: [...node.sans],
    isObserver: client.isObserver,
    streams: [...client.streams],
    types: client.types.map(typeDocument),
    waits: client.waits.map(({ sinceMs, names, ...wait }) => ({ ...wait, names: [...names], since: timeOf(sinceMs) })),
  };
}

function typeDocument({
  lastAckAtMs,
  nack,
  names,
  rejected,
  isSettled: _,
  ...type
}: TypeStatus): NodeDocument["types"][number] {
  return {
    ...type,
    names: [...names],
    rejected: rejected.map(({ name, message, atMs }) => ({ name, message, at: timeOf(atMs) })),
    ...(lastAckAtMs !== undefined && { lastAckAt: timeOf(lastAckAtMs) }),
    ...(nack && { nack: { code: nack.code, message: nack.message, version: nack.version, at: timeOf(nack.atMs) } }),
  };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
