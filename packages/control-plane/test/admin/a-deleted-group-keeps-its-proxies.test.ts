import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { start } from "../support/fairlead.ts";
import { cluster } from "../support/resources.ts";
import { until } from "../support/until.ts";

test("proxies of a deleted group keep what they have until it is forgotten, whatever else is committed (O6)", async (t) => {
  const { put, request, proxy } = await start(t);
  await put("default", [cluster("fallback")]);
  await put("edge", [cluster("own")]);
  const client = proxy("edge");
  const held = () => [...client.resources(TYPE_URLS.cluster).keys()].join();
  await until("it holds its group's", () => held() === "own");
  await request("DELETE", "/v1/groups/edge/resources");
  await put("unrelated", [cluster("x")]);
  await put("default", [cluster("fallback"), cluster("more")]);
  const shown = (await request("GET", "/v1/groups")).body.groups.find(
    ({ group }: { group: string }) => group === "edge",
  );
  assert.deepEqual([shown.state, shown.nodes, shown.resources], ["deleted", 1, {}]);
  assert.equal((await request("GET", "/v1/nodes/edge")).body.clients[0].group, "edge");
  assert.equal(held(), "own");

  const defined = await request("DELETE", "/v1/groups/default");
  assert.deepEqual([defined.status, defined.body.code], [409, "group-defined"]);
  const forgotten = await request("DELETE", "/v1/groups/edge");
  assert.deepEqual(forgotten.body, { group: "edge", nodes: 1 });
  await until("it is given what the rules say", () => held().includes("fallback"));
  assert.equal((await request("DELETE", "/v1/groups/edge")).body.code, "group-unknown");
});

test("a deleted group that is there again is served to its proxies", async (t) => {
  const { put, request, proxy } = await start(t);
  await put("default", [cluster("fallback")]);
  await put("edge", [cluster("own")]);
  const client = proxy("edge");
  const held = () => [...client.resources(TYPE_URLS.cluster).keys()];
  await until("it holds its group's", () => held().join() === "own");
  await request("DELETE", "/v1/groups/edge/resources");
  await put("edge", [cluster("new")]);
  await until("it holds the new", () => held().includes("new"));
  assert.equal((await request("GET", "/v1/groups/edge")).body.state, "ok");
  assert.ok(!held().includes("fallback"));
});
