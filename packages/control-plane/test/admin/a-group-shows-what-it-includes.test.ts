import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "../support/fairlead.ts";
import { cluster } from "../support/resources.ts";
import { until } from "../support/until.ts";

test("a proxy of a group that includes another is served both, and a write to the other waits for it", async (t) => {
  const config = { groups: [{ group: "edge" }], includes: { edge: ["common"] } };
  const { put, proxy, request } = await start(t, { config });
  await put("edge", [cluster("own")]);
  const before = await request("GET", "/v1/groups/edge");
  assert.deepEqual([before.body.state, before.body.includes, before.body.missing], ["broken", ["common"], ["common"]]);

  await put("common", [cluster("shared")]);
  const seen = new Set<string>();
  proxy("one", ({ resources }) => {
    for (const { name } of resources) seen.add(name);
    return resources.some(({ name }) => name === "bad") ? "no, thank you" : undefined;
  });
  await until("the proxy holds both", () => seen.has("own") && seen.has("shared"));

  const accepted = await put("common", [cluster("shared"), cluster("more")], "?wait=acked");
  assert.deepEqual([accepted.status, accepted.body.wait.acked, seen.has("more")], [200, 1, true]);
  const rejected = await put("common", [cluster("bad")], "?wait=acked");
  assert.equal(rejected.status, 424);
  const after = await request("GET", "/v1/groups/edge");
  assert.deepEqual([after.body.state, after.body.missing, after.body.nodes], ["ok", undefined, 1]);
});

test("a write that a group of its own overrides reaches no proxy, and waits for none", async (t) => {
  const config = { groups: [{ group: "edge" }], includes: { edge: ["common"] } };
  const { put, proxy, request } = await start(t, { config });
  await put("common", [cluster("x")]);
  await put("edge", [cluster("x", "1s")]);
  proxy("one");
  await until(
    "the proxy is served",
    async () => (await request("GET", "/v1/nodes?state=SYNCED")).body.nodes.length === 1,
  );
  const { status, body } = await put("common", [cluster("x", "9s")], "?wait=acked");
  assert.deepEqual([status, body.wait.acked], [200, 0]);
});

test("a group that is there only for what it includes is listed", async (t) => {
  const { put, request } = await start(t, { config: { includes: { edge: ["common"] } } });
  await put("common", [cluster("x")]);
  const { body } = await request("GET", "/v1/groups");
  assert.deepEqual(
    body.groups.map(({ group, includes }: { group: string; includes?: string[] }) => [group, includes]),
    [
      ["common", undefined],
      ["edge", ["common"]],
    ],
  );
});
