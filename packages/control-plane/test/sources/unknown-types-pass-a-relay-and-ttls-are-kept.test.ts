import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { createResource, createXdsClient, createXdsServer, type Resource, SnapshotCache } from "@fairlead/xds";
import { until } from "../support/until.ts";
import { endpoints, relayOf, run } from "./support.ts";

const THING = "type.googleapis.com/acme.v1.Thing";

test("a type that the schema lacks passes as it is", async (t) => {
  const cache = new SnapshotCache({ groupOf: () => "all" });
  const server = await createXdsServer({ source: cache, listen: { host: "127.0.0.1", port: 0 } });
  t.after(() => server.close());
  const value = Buffer.from("\n\u0005thing\u0018\u0007");
  const commit = (...upsert: Resource[]) => cache.commit({ groups: new Map([["all", { upsert, remove: [] }]]) });
  commit(createResource({ typeUrl: THING, name: "thing", value }));
  const target = `127.0.0.1:${server.address.port}`;
  const relay = await run(t, relayOf([target], { types: [{ type: THING, names: ["thing"] }] }));
  await relay.fairlead.ready;
  const client = createXdsClient({ target: relay.target, mode: "delta", node: { id: "proxy" } });
  t.after(() => client.close());
  client.watch(THING, ["thing"]);
  await until("it came through", () => client.resources(THING).has("thing"));
  assert.deepEqual(Buffer.from(client.resources(THING).get("thing")!.value), value);
  const { resources } = await relay.get("/v1/groups/default/resources");
  assert.equal(resources.length, 1);
});

test("a resource with a ttl goes when its upstream is gone, and stays while it renews it", async (t) => {
  const origin = await run(t);
  const wrapped = (name: string, ttl: string) => ({
    "@type": "type.googleapis.com/envoy.service.discovery.v3.Resource",
    ttl,
    resource: endpoints(name, 80),
  });
  await origin.put([wrapped("short", "1s"), wrapped("months", "7776000s"), endpoints("forever", 80)]);
  const names = ["short", "months", "forever"];
  const relay = await run(t, relayOf([origin.target], { types: [{ type: "eds", names }] }));
  await relay.fairlead.ready;
  const client = createXdsClient({
    target: relay.target,
    mode: "delta",
    node: { id: "proxy", clientFeatures: ["xds.config.supports-resource-ttl"] },
  });
  t.after(() => client.close());
  let beats = 0;
  client.watch(TYPE_URLS.endpoints, ["short"], { onResponse: () => void beats++ });
  await until("it was renewed for longer than it lives", () => beats > 4);
  assert.equal((await relay.held()).length, 3);
  await origin.close();
  await until("it is gone", async () => (await relay.held()).length === 2);
  assert.match((await relay.held()).join(), /forever.*months/);
});
