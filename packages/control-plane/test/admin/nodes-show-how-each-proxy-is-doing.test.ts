import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { openRawStream } from "@fairlead/xds";
import { formatHostPort } from "../../src/config/config.ts";
import { start } from "../support/fairlead.ts";
import { cluster } from "../support/resources.ts";
import { until } from "../support/until.ts";

test("a proxy is PENDING until it answers, REJECTED with its words, SYNCED with its version", async (t) => {
  const { fairlead, put, request } = await start(t);
  const { body: first } = await put("default", [cluster("a")]);
  const target = formatHostPort(fairlead.xdsAddress);
  const stream = openRawStream({ target, mode: "sotw", node: { id: "edge/1", cluster: "c" } });
  t.after(() => stream.close());
  stream.subscribe(TYPE_URLS.cluster);
  const response = await stream.next();
  const node = async () => (await request("GET", "/v1/nodes/edge%2F1")).body;
  const state = async (wanted: string) => until(wanted, async () => (await node()).state === wanted);

  await state("PENDING");
  const [pending] = (await node()).clients;
  assert.equal(pending.group, "default");
  assert.equal(pending.cluster, "c");
  assert.equal(pending.types[0].sentVersion, first.versions[TYPE_URLS.cluster]);
  assert.equal(pending.types[0].ackedVersion, "");
  assert.deepEqual(pending.types[0].names, ["*"]);

  stream.ack(response);
  await state("SYNCED");
  const [synced] = (await node()).clients;
  assert.equal(synced.types[0].ackedVersion, first.versions[TYPE_URLS.cluster]);
  assert.ok(Math.abs(Date.parse(synced.types[0].lastAckAt) - Date.now()) < 60_000);

  const { body: second } = await put("default", [cluster("bad")]);
  const refused = await stream.next();
  stream.nack(refused, "cluster bad: unheard of");
  await state("REJECTED");
  const [rejected] = (await node()).clients;
  assert.equal(rejected.types[0].nack.message, "cluster bad: unheard of");
  assert.equal(rejected.types[0].nack.version, refused.version);
  assert.equal(rejected.types[0].ackedVersion, first.versions[TYPE_URLS.cluster]);
  assert.equal(rejected.revision, second.revision);

  await stream.close();
  await until("it is gone", async () => (await request("GET", "/v1/nodes/edge%2F1")).status === 404);
});

test("two proxies under one node id are told apart", async (t) => {
  const { proxy, put, request } = await start(t);
  await put("default", [cluster("a")]);
  proxy("twin");
  proxy("twin", () => "not me");
  await until("one took it, one did not", async () => {
    const { status, body } = await request("GET", "/v1/nodes/twin");
    if (status !== 200 || body.state !== "REJECTED") return false;
    const states = body.clients.map(({ state }: { state: string }) => state).sort();
    return JSON.stringify(states) === '["REJECTED","SYNCED"]';
  });
  const { body } = await request("GET", "/v1/groups");
  assert.equal(body.groups[0].nodes, 2);
});

test("nodes are listed by group and state, in pages", async (t) => {
  const { proxy, put, request } = await start(t);
  for (const group of ["n1", "n2", "n3"]) await put(group, [cluster("a")]);
  for (const id of ["n1", "n2", "n3"]) proxy(id);
  const ids = async (query: string) =>
    (await request("GET", `/v1/nodes?${query}`)).body.nodes.map(({ id }: { id: string }) => id);
  await until("all are there", async () => (await ids("state=SYNCED")).length === 3);
  assert.deepEqual(await ids("group=n2"), ["n2"]);
  const { body } = await request("GET", "/v1/nodes?limit=2");
  assert.equal(body.nodes.length, 2);
  assert.deepEqual(await ids(`after=${encodeURIComponent(body.next)}`), ["n3"]);
});
