import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { freePort } from "../../../../test/support/free-port.ts";
import { listNodes } from "../../src/admin/list-nodes.ts";
import type { NodeDocument } from "../../src/admin/schemas/nodes.ts";
import { waitEverywhere } from "../../src/admin/wait-everywhere.ts";
import type { Replica } from "../../src/replicas/membership.ts";
import { start } from "../support/fairlead.ts";
import { cluster } from "../support/resources.ts";
import { until } from "../support/until.ts";

const at = (id: string, adminUrl: string): Replica => ({ id, adminUrl });

test("pages of all replicas are one list, and a replica that does not answer is named", async (t) => {
  const { fairlead, put, proxy, request } = await start(t, { config: { replica: { id: "there" } } });
  await put("default", [cluster("a")]);
  for (const id of ["n1", "n3", "n5"]) proxy(id);
  await until("all are there", async () => (await request("GET", "/v1/nodes")).body.nodes.length === 3);

  const gone = at("gone", `http://127.0.0.1:${await freePort()}`);
  const others = () => [at("there", fairlead.adminUrl), gone];
  const parts = { clients: () => [], replicas: { self: at("here", ""), others, sourcesAt: () => undefined } };
  const query = { limit: 2, observers: "false", local: "false" } as const;
  const first = await listNodes(parts, query);
  assert.deepEqual(first.items.map(placeOf), ["n1 there", "n3 there"]);
  assert.equal(first.missing?.[0]?.replica, "gone");
  assert.match(first.missing[0].reason, /ECONNREFUSED/);
  const second = await listNodes(parts, { ...query, after: first.next });
  assert.deepEqual(second.items.map(placeOf), ["n5 there"]);
  assert.equal(second.next, undefined);
  assert.deepEqual((await listNodes(parts, { ...query, local: "true" })).items, []);
  assert.deepEqual((await listNodes(parts, { ...query, id: "n3" })).items.map(placeOf), ["n3 there"]);
});

test("a wait counts the proxies of every replica, and is not over while one does not answer", async (t) => {
  const { fairlead, put, proxy } = await start(t);
  const { body } = await put("default", [cluster("a")]);
  proxy("good");
  proxy("picky", () => "no");
  const commit = {
    groups: new Set(["default"]),
    revision: body.revision,
    typeUrls: new Set([TYPE_URLS.cluster]),
    committedAtMs: 0,
  };
  const bounds = { timeoutMs: 20_000, signal: new AbortController().signal };
  const others = [at("there", fairlead.adminUrl)];
  const replicas = { self: at("here", ""), others: () => others, sourcesAt: () => undefined };
  await until("both have answered", async () => {
    const { acked, rejected } = await waitEverywhere({ clients: () => [], replicas }, commit, bounds);
    return acked + rejected.length === 2;
  });
  const wait = await waitEverywhere({ clients: () => [], replicas }, commit, bounds);
  assert.equal(wait.outcome, "rejected");
  assert.deepEqual(wait.ackedNodes, ["good"]);
  assert.equal(wait.rejected[0]?.node, "picky");

  others.push(at("gone", `http://127.0.0.1:${await freePort()}`));
  const partial = await waitEverywhere({ clients: () => [], replicas }, commit, bounds);
  assert.equal(partial.outcome, "timeout", "nobody knows of the proxies of a replica that is silent");
  assert.equal(partial.missing?.[0]?.replica, "gone");
});

function placeOf({ id, replica }: NodeDocument): string {
  return `${id} ${replica}`;
}
