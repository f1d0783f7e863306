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

  entries(): Iterable<ClientEntry> {
    return this.all;
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
    const alike = [...this.byConnection.values()].filter((entry) => isAlike(entry, connection, node));
    return alike.length === 1 ? alike[0] : undefined;
  }

  add(entry: ClientEntry, isAggregated: boolean): void {
    this.all.add(entry);
    if (!isAggregated) this.byConnection.set(connectionKey(entry.connection, entry.node.id), entry);
  }

  remove(entry: ClientEntry): void {
    this.all.delete(entry);
    const key = connectionKey(entry.connection, entry.node.id);
    if (this.byConnection.get(key) === entry) this.byConnection.delete(key);
  }
}

function connectionKey(connection: Connection, nodeId: string): string {
  return `${connection.id} ${nodeId}`;
}

function isAlike(entry: ClientEntry, connection: Connection, node: NodeIdentity): boolean {
  return (
    entry.node.id === node.id &&
    hostOf(entry.connection) === hostOf(connection) &&
    entry.node.sans.join() === node.sans.join()
  );
}

function hostOf({ peer }: Connection): string {
  return peer.slice(0, peer.lastIndexOf(":"));
}
