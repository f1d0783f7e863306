import { createHash } from "node:crypto";
import { TYPE_URLS } from "@fairlead/envoy-api";
import type { ClientEntry } from "./client-entry.ts";
import type { NodeIdentity } from "./source.ts";
import type { Connection } from "./transport.ts";

/**
 * Which streams are one client (protocol.md, "Make before break"): an ADS stream is one by itself; streams of one type
 * each join on their connection and node id, else on node id, peer address and identity where that is unambiguous.
 */
export class ClientRegistry {
  private readonly all = new Set<ClientEntry>();
  private readonly byConnection = new Map<string, ClientEntry>();
  /** Those with a stream per type, by node id. */
  private readonly byPoller = new Map<string, ClientEntry>();
  private readonly byNode = new Map<string, Set<ClientEntry>>();

  entries(): IteratorObject<ClientEntry> {
    return this.all.values();
  }

  get size(): number {
    return this.all.size;
  }

  /** The client that a stream of one type belongs to; `undefined`: a new one. */
  find(connection: Connection, node: NodeIdentity, typeUrl: string): ClientEntry | undefined {
    const own = this.byConnection.get(connectionKey(connection, node.id));
    if (own) return own;
    // One that opens with clusters or listeners is a proxy of its own, perhaps with another's id.
    if (typeUrl === TYPE_URLS.cluster || typeUrl === TYPE_URLS.listener) return undefined;
    const namesakes = [...(this.byNode.get(node.id) ?? [])];
    const alike = namesakes.filter((entry) => isAlike(entry, connection, node));
    return alike.length === 1 ? alike[0] : undefined;
  }

  /**
   * The client that polls: requests of one may come on any of its connections. One with a stream per type that is
   * alike, and the only one, is taken to be it; `undefined`: a new one.
   */
  findPoller(connection: Connection, node: NodeIdentity): ClientEntry | undefined {
    const key = pollerKey(connection, node);
    const known = this.byPoller.get(key);
    if (known) return known;
    const alike = [...(this.byNode.get(node.id) ?? [])].filter((entry) => isAlike(entry, connection, node));
    const [only] = alike;
    return alike.length === 1 && only!.pollers.length === 0 ? only : undefined;
  }

  /** Notes that this client polls. */
  addPoller(entry: ClientEntry, connection: Connection): void {
    const key = pollerKey(connection, entry.node);
    entry.pollers = [...entry.pollers, key];
    this.byPoller.set(key, entry);
  }

  add(entry: ClientEntry, isAggregated: boolean): void {
    this.all.add(entry);
    if (isAggregated) return;
    const { id } = entry.node;
    this.byConnection.set(connectionKey(entry.connection, id), entry);
    const namesakes = this.byNode.get(id);
    if (namesakes) namesakes.add(entry);
    else this.byNode.set(id, new Set([entry]));
  }

  remove(entry: ClientEntry): void {
    this.all.delete(entry);
    for (const poller of entry.pollers) this.byPoller.delete(poller);
    const key = connectionKey(entry.connection, entry.node.id);
    if (this.byConnection.get(key) === entry) this.byConnection.delete(key);
    const namesakes = this.byNode.get(entry.node.id);
    namesakes?.delete(entry);
    if (namesakes?.size === 0) this.byNode.delete(entry.node.id);
  }
}

function connectionKey(connection: Connection, nodeId: string): string {
  return `${connection.id} ${nodeId}`;
}

/**
 * Two proxies on one host that claim the same id differ perhaps in something else that they say. Digested: metadata may
 * be long.
 */
function pollerKey(connection: Connection, node: NodeIdentity): string {
  const text = JSON.stringify([node, hostOf(connection)]);
  return createHash("sha256").update(text).digest("base64url");
}

/** Whether one of the same node id comes from the same host, as the same identity. */
function isAlike(entry: ClientEntry, connection: Connection, node: NodeIdentity): boolean {
  return hostOf(entry.connection) === hostOf(connection) && entry.node.sans.join() === node.sans.join();
}

function hostOf({ peer }: Connection): string {
  return peer.slice(0, peer.lastIndexOf(":"));
}
