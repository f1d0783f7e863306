import type { TestContext } from "node:test";
import { NO_FACTS, type ResourceFacts } from "@fairlead/envoy-api";
import { createResource } from "../../src/cache/create-resource.ts";
import type { Resource } from "../../src/cache/resource.ts";
import { SnapshotCache, type SnapshotCacheOptions } from "../../src/cache/snapshot-cache.ts";
import { openChannel } from "../../src/client/channel.ts";
import { openRawStream, type RawStreamOptions, type RawXdsStream } from "../../src/client/raw-stream.ts";
import { createXdsServer, type XdsServer, type XdsServerOptions } from "../../src/server/xds-server.ts";
import { resourceValue } from "../client/support.ts";

/** A server on a free port, its cache, and streams to it that end with the test. */
export interface StartedServer {
  readonly server: XdsServer;
  readonly cache: SnapshotCache;
  readonly target: string;
  /** Streams to it, each on a connection of its own unless `channel` says otherwise. */
  stream(options: Omit<RawStreamOptions, "target">): RawXdsStream;
}

/** How long a response may take before a test gives up, ms; shorter where many tests are meant to fail. */
export const timeoutMs = Number(process.env.FAIRLEAD_TEST_TIMEOUT_MS ?? 10_000);

/** `FAIRLEAD_TEST_WORKERS=2` runs the tests of the server with worker threads. */
const workers = Number(process.env.FAIRLEAD_TEST_WORKERS ?? 0);

export async function startServer(
  t: TestContext,
  options: Partial<XdsServerOptions> & { readonly cacheOptions?: SnapshotCacheOptions } = {},
): Promise<StartedServer> {
  const { cacheOptions, ...serverOptions } = options;
  const cache = new SnapshotCache(cacheOptions);
  const server = await createXdsServer({ source: cache, listen: { port: 0 }, workers, ...serverOptions });
  t.after(() => server.close());
  const target = `127.0.0.1:${server.address.port}`;
  return {
    server,
    cache,
    target,
    stream(streamOptions) {
      const stream = openRawStream({ node: { id: "n" }, timeoutMs, ...streamOptions, target });
      t.after(() => stream.close());
      return stream;
    },
  };
}

/** A connection that several streams share. */
export function shareConnection(t: TestContext, target: string): ReturnType<typeof openChannel> {
  const channel = openChannel({ target });
  t.after(() => channel.close());
  return channel;
}

/** A resource with a name in field 1, like every resource, and some content. */
export function resource(
  typeUrl: string,
  name: string,
  content = "",
  more: { readonly aliases?: readonly string[]; readonly ttlMs?: number; readonly facts?: Partial<ResourceFacts> } = {},
): Resource {
  const facts = { ...NO_FACTS, ...more.facts };
  return createResource({ typeUrl, name, value: resourceValue(name, content), ...more, facts });
}

/** Commits resources to a group, and removes none. */
export function commit(cache: SnapshotCache, upsert: readonly Resource[], group = "default"): void {
  cache.commit({ groups: new Map([[group, { upsert, remove: [] }]]) });
}

/** Removes resources from a group. */
export function remove(cache: SnapshotCache, typeUrl: string, names: readonly string[], group = "default"): void {
  const removed = names.map((name) => ({ typeUrl, name }));
  cache.commit({ groups: new Map([[group, { upsert: [], remove: removed }]]) });
}

/** The names in a response, and those it removes with a minus. */
export function namesIn(response: {
  readonly resources: readonly { readonly name: string }[];
  readonly removed: readonly string[];
}): string[] {
  return [...response.resources.map(({ name }) => name), ...response.removed.map((name) => `-${name}`)];
}
