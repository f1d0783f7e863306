/** An xDS server in a process of its own, whose heap and work a test can ask for. Run by `processes.ts`. */
import { setTimeout as delay } from "node:timers/promises";
import { NO_FACTS, TYPE_URLS } from "@fairlead/envoy-api";
import { createResource } from "../../src/cache/create-resource.ts";
import type { Resource } from "../../src/cache/resource.ts";
import { SnapshotCache } from "../../src/cache/snapshot-cache.ts";
import { createXdsServer, type WorkCounts } from "../../src/server/xds-server.ts";
import { resourceValue } from "../client/support.ts";

/** What a test asks the server. */
export type ServerRequest =
  /** `clusters` and `endpoints` are there from now on, with that content, beside those that were. */
  | {
      readonly ask: "commit";
      readonly clusters?: readonly string[];
      readonly endpoints?: readonly string[];
      readonly content: string;
    }
  /** Bytes of the heap after collections. */
  | { readonly ask: "heap" }
  | { readonly ask: "state" };

/** Its answer. */
export interface ServerAnswer {
  readonly port: number;
  readonly heapBytes: number;
  readonly clients: number;
  /** Subscriptions with something on its way, or something to be sent. */
  readonly pending: number;
  readonly work: WorkCounts;
}

const cache = new SnapshotCache();
const server = await createXdsServer({ source: cache, listen: { port: 0 } });

process.on("message", (request: ServerRequest) => void answer(request));
process.on("disconnect", () => process.exit());
process.send!(state(0));

async function answer(request: ServerRequest): Promise<void> {
  if (request.ask === "commit") commit(request);
  process.send!(state(request.ask === "heap" ? await heapBytes() : 0));
}

function commit({ clusters = [], endpoints = [], content }: Extract<ServerRequest, { ask: "commit" }>): void {
  const upsert = [
    ...clusters.map((name) => resource(TYPE_URLS.cluster, name, content)),
    ...endpoints.map((name) => resource(TYPE_URLS.endpoints, name, content)),
  ];
  cache.commit({ groups: new Map([["default", { upsert, remove: [] }]]) });
}

function resource(typeUrl: string, name: string, content: string): Resource {
  return createResource({ typeUrl, name, value: resourceValue(name, content), facts: NO_FACTS });
}

/** The heap once collections find nothing more: finalizers and weak references take several, with turns between them. */
async function heapBytes(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let unchanged = 0; unchanged < 5; ) {
    globalThis.gc!();
    await delay(10);
    const { heapUsed } = process.memoryUsage();
    unchanged = heapUsed < least * 0.999 ? 0 : unchanged + 1;
    least = Math.min(least, heapUsed);
  }
  return least;
}

function state(heap: number): ServerAnswer {
  const clients = [...server.clients()];
  const pending = clients.flatMap(({ types }) => types).filter((type) => type.state !== "SYNCED").length;
  return { port: server.address.port, heapBytes: heap, clients: clients.length, pending, work: { ...server.work } };
}
