import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { waitFor } from "../support/wait-for.ts";
import { commit, resource, startServer } from "./started-server.ts";

const { cluster } = TYPE_URLS;

function aggregateOf(...names: string[]) {
  const references = names.map((name) => ({ typeUrl: cluster, name, pointer: "/clusterType" }));
  return resource(cluster, "all", names.join(), { facts: { references } });
}

test("an aggregate cluster that waits for those that it takes from is told with the time that it waits", async (t) => {
  const startedMs = Date.now();
  const { server, cache, stream } = await startServer(t);
  commit(cache, [resource(cluster, "a"), aggregateOf("a")]);
  const clusters = stream({ mode: "sotw", typeUrl: cluster });
  clusters.subscribe(cluster);
  clusters.ack(await clusters.next());
  commit(cache, [resource(cluster, "b"), aggregateOf("a", "b")]);
  await clusters.next();

  const wait = await waitFor("the aggregate to wait", () =>
    [...server.clients()][0]!.waits.find(({ names, reason }) => names.includes("all") && reason.includes("take from")),
  );
  assert.equal(wait.typeUrl, cluster);
  assert.ok(Math.abs(wait.sinceMs - startedMs) < 60_000, `since ${wait.sinceMs}`);
});
