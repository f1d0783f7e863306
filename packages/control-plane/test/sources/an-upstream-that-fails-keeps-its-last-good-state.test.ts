import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { createXdsClient } from "@fairlead/xds";
import { until } from "../support/until.ts";
import { directory, edsCluster, endpoints, type Running, relayOf, run, shop } from "./support.ts";

interface SourceState {
  readonly source: string;
  readonly loaded: boolean;
  readonly error?: string;
  readonly since?: string;
}

async function stateOf(relay: Running): Promise<SourceState> {
  const { sources } = await relay.get("/readyz");
  return sources[0];
}

async function metric(relay: Running, name: string): Promise<number | undefined> {
  const text = await (await fetch(`${relay.fairlead.adminUrl}/metrics`)).text();
  const line = new RegExp(`^${name}\\{source="upstream"\\} (.*)$`, "m").exec(text);
  return line ? Number(line[1]) : undefined;
}

function writeShop(root: string, clusters: readonly string[], port?: number): void {
  writeFileSync(join(root, "shop.json"), `${JSON.stringify({ resources: shop(clusters, port) })}\n`);
}

test("an upstream that is gone is served from memory, told of, and followed again by differences", async (t) => {
  const root = directory(t);
  writeShop(root, ["a", "b"]);
  let origin = await run(t, { resources: root });
  const relay = await run(t, relayOf([origin.target]));
  await relay.fairlead.ready;
  const before = await relay.held();
  const client = createXdsClient({ target: relay.target, mode: "delta", node: { id: "proxy" } });
  t.after(() => client.close());
  const heard: string[] = [];
  client.watch(TYPE_URLS.cluster, "*", { onResource: ({ name }) => void heard.push(name) });
  await until("the proxy has all", () => heard.length === 2);
  assert.equal(await metric(relay, "fairlead_source_up"), 1);
  assert.equal(await metric(relay, "fairlead_source_down_since_seconds"), undefined);

  await origin.close();
  await until("it is told", async () => (await stateOf(relay)).error !== undefined);
  const state = await stateOf(relay);
  assert.match(state.error ?? "", /the upstream 127\.0\.0\.1:\d+ does not answer \(UNAVAILABLE: connection refused/);
  assert.ok(Math.abs(Date.parse(state.since ?? "") - Date.now()) < 60_000);
  assert.equal(await metric(relay, "fairlead_source_up"), 0);
  assert.ok(((await metric(relay, "fairlead_source_down_since_seconds")) ?? 0) > 1e9);
  assert.deepEqual(await relay.held(), before);
  assert.equal((await relay.get("/readyz")).ready, true);

  const { revision } = await relay.get("/v1/server");
  origin = await run(t, { resources: root }, origin.target);
  await until("it is well again", async () => (await stateOf(relay)).error === undefined);
  writeShop(root, ["a", "b", "c"]);
  await until("the proxy has what is new", () => heard.includes("c"));
  assert.deepEqual(heard, ["a", "b", "c"]);
  const { revisions } = await relay.get("/v1/revisions");
  const since = revisions.filter((each: { revision: number }) => each.revision > revision);
  assert.ok(since.every(({ groups }: { groups: unknown }) => !JSON.stringify(groups).includes('"Cluster a"')));
});

test("of several addresses the next is asked when one does not answer", async (t) => {
  const root = directory(t);
  writeShop(root, ["a"]);
  const gone = await run(t);
  await gone.close();
  const origin = await run(t, { resources: root });
  const relay = await run(t, relayOf([gone.target, origin.target]));
  await relay.fairlead.ready;
  await until("it has it", async () => (await relay.held()).length === 4);
});

test("what is not valid is NACKed with the fault, and what was good stays", async (t) => {
  const origin = await run(t, { validation: "off" });
  await origin.put([edsCluster("a"), endpoints("a", 80)]);
  const relay = await run(t, relayOf([origin.target], { node: { id: "relay" } }));
  await relay.fairlead.ready;
  const before = await relay.held();
  await origin.put([{ ...edsCluster("a"), connectTimeout: "-1s" }, endpoints("a", 80)]);
  const broken = async () => (await relay.get("/readyz")).brokenGroups;
  await until("the relay tells", async () => (await broken()).length === 1);
  const [{ group, error, isServed }] = await broken();
  assert.deepEqual([group, isServed], ["default", true]);
  assert.match(error, /^cds "a" at \/connectTimeout: -1s must be greater than 0s/);
  assert.deepEqual(await relay.held(), before);
  await until("the upstream knows", async () => (await origin.get("/v1/nodes/relay")).state === "REJECTED");
  const { clients } = await origin.get("/v1/nodes/relay");
  assert.match(JSON.stringify(clients), /cds \\"a\\" at /);

  await origin.put([{ ...edsCluster("a"), connectTimeout: "3s" }, endpoints("a", 80)]);
  await until("it is well again", async () => (await broken()).length === 0);
  assert.notDeepEqual(await relay.held(), before);
});

test("an upstream that gives nothing any more is not followed, unless that is allowed", async (t) => {
  const origin = await run(t);
  await origin.put(shop(["a"]));
  const careful = await run(t, relayOf([origin.target]));
  const trusting = await run(t, relayOf([origin.target], {}, { allowEmpty: true }));
  await Promise.all([careful.fairlead.ready, trusting.fairlead.ready]);
  await until("both have it", async () => (await careful.held()).length + (await trusting.held()).length === 8);
  const before = await careful.held();
  await origin.put([], "?allowEmpty=true");
  await until("the trusting one follows", async () => (await trusting.held()).length === 0);
  await until("the careful one tells", async () => (await careful.get("/readyz")).brokenGroups.length === 1);
  assert.match((await careful.get("/readyz")).brokenGroups[0].error, /gives nothing of .* any more.*allowEmpty: true/);
  assert.deepEqual(await careful.held(), before);
  await origin.put(shop(["a", "b"]));
  await until("it goes on", async () => (await careful.held()).length === 6);
  assert.deepEqual((await careful.get("/readyz")).brokenGroups, []);
});

test("an upstream that never answers holds up the start only for so long", async (t) => {
  const gone = await run(t);
  await gone.close();
  const root = directory(t);
  writeFileSync(join(root, "a.json"), `${JSON.stringify({ resources: [edsCluster("a"), endpoints("a", 80)] })}\n`);
  const relay = await run(t, { resources: root, ...relayOf([gone.target], { startMs: 50 }, { group: "other" }) });
  await relay.fairlead.ready;
  const { brokenGroups } = await relay.get("/readyz");
  assert.match(brokenGroups[0].error, /has not answered within 50 ms \(startMs\)/);
  assert.equal(brokenGroups[0].isServed, false);
});
