import type { ClientStatus } from "@fairlead/xds";
import type { z } from "zod";
import { askOthers, type MissingReplica } from "../replicas/ask-others.ts";
import type { Replicas } from "../replicas/replicas.ts";
import { nodeDocument, stateOf } from "./node-document.ts";
import { type PageOf, pageOf } from "./page.ts";
import type { NodeDocument, NodesPage, NodesQuery } from "./schemas/nodes.ts";

/** Where nodes are listed from. */
export interface NodesParts {
  readonly clients: () => Iterable<ClientStatus>;
  readonly replicas: Replicas;
}

/** A page of proxies, and what is missing of it. */
export interface ListedNodes extends PageOf<NodeDocument> {
  /** Replicas that did not answer; `undefined`: all did. */
  readonly missing: MissingReplica[] | undefined;
}

type Query = z.output<typeof NodesQuery>;

/**
 * One page of the connected proxies, of all replicas unless `local` is asked for. Each of the others gives its own page
 * behind the same place, and the first of all those are the page.
 */
export async function listNodes({ clients, replicas }: NodesParts, query: Query): Promise<ListedNodes> {
  const own = pageOf(matching(clients(), query, replicas.self.id), keyOf, query);
  const others = query.local === "true" ? [] : replicas.others();
  if (others.length === 0) return { ...own, missing: undefined };
  const { answers, missing } = await askOthers<z.output<typeof NodesPage>>(others, { path: pathOf(query) });
  const all = [...own.items, ...answers.flatMap(({ value }) => value.nodes)];
  const { items, next } = pageOf(all, keyOf, query);
  const hasMore = next !== undefined || own.next !== undefined || answers.some(({ value }) => value.next !== undefined);
  const last = items.at(-1);
  return {
    items,
    next: hasMore && last ? keyOf(last) : undefined,
    missing: missing.length > 0 ? [...missing] : undefined,
  };
}

function pathOf(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...query, local: "true" })) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return `/v1/nodes?${parameters}`;
}

function* matching(
  clients: Iterable<ClientStatus>,
  { id, group, state, observers }: Query,
  replica: string,
): Iterable<NodeDocument> {
  for (const client of clients) {
    if (client.isObserver && observers === "false") continue;
    if (id !== undefined && client.node.id !== id) continue;
    if (group !== undefined && client.group !== group) continue;
    if (state !== undefined && stateOf(client.types) !== state) continue;
    yield nodeDocument(client, replica);
  }
}

/** Several clients may claim one id; their streams tell them apart, within a replica. */
function keyOf({ id, peer, streams, replica }: NodeDocument): string {
  return `${id}\n${peer}\n${streams[0] ?? ""}\n${replica}`;
}
