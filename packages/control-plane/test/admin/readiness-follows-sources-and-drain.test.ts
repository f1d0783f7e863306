import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { openRawStream } from "@fairlead/xds";
import { readinessOf } from "../../src/admin/readiness.ts";
import { formatHostPort } from "../../src/config/config.ts";
import { start } from "../support/fairlead.ts";
import { cluster, fileOf } from "../support/resources.ts";
import { until } from "../support/until.ts";

test("not ready until every source has loaded once", async (t) => {
  const source = (name: string, isLoaded: boolean) => ({ name, isLoaded, faults: [], faultyGroups: new Map() });
  const half = readinessOf([source("file", true), source("registry", false)], false);
  assert.equal(half.ready, false);
  assert.deepEqual(half.reasons, ["source registry has not loaded yet"]);

  const { request } = await start(t, { files: { "a.yaml": fileOf(cluster("a")) } });
  const { status, body } = await request("GET", "/readyz");
  assert.equal(status, 200);
  assert.equal(body.ready, true);
  const sources = body.sources.map(({ source, loaded }: { source: string; loaded: boolean }) => [source, loaded]);
  assert.deepEqual(sources, [
    ["file", true],
    ["node", true],
  ]);
});

test("a broken group is told of, keeps its last good state, and recovers by itself", async (t) => {
  const { request, write } = await start(t, { files: { "a.yaml": fileOf(cluster("a")) } });
  write("a.yaml", "resources: [{}]\n");
  await until("it is broken", async () => (await request("GET", "/readyz")).body.brokenGroups.length === 1);
  const { status, body } = await request("GET", "/readyz");
  assert.equal(status, 200, "the last good state is served");
  assert.equal(body.brokenGroups[0].group, "default");
  assert.equal(body.brokenGroups[0].isServed, true);
  assert.match(body.brokenGroups[0].error, /^a\.yaml:1:/);
  const { groups } = (await request("GET", "/v1/groups")).body;
  assert.equal(groups[0].state, "broken");
  assert.equal(groups[0].resources[TYPE_URLS.cluster], 1);
  assert.equal(groups[0].faults[0].file, "a.yaml");
  assert.match((await request("GET", "/metrics")).body, /^fairlead_groups\{state="broken"\} 1$/m);
  write("a.yaml", fileOf(cluster("b")));
  await until("it is well", async () => (await request("GET", "/v1/groups")).body.groups[0].state === "ok");
});

test("while draining: not ready, no writes, and a stream that has not answered yet has its time", async (t) => {
  const { request, put, fairlead } = await start(t, { config: { drainMs: 60_000 } });
  await put("default", [cluster("a")]);
  const target = formatHostPort(fairlead.xdsAddress);
  const stream = openRawStream({ target, mode: "sotw", node: { id: "n" } });
  stream.subscribe(TYPE_URLS.cluster);
  const unanswered = await stream.next();
  const closed = fairlead.close();
  try {
    await until("it is draining", async () => (await request("GET", "/readyz")).status === 503);
    const { body } = await request("GET", "/readyz");
    assert.equal(body.draining, true);
    assert.deepEqual(body.reasons, ["shutting down"]);
    assert.equal((await request("GET", "/healthz")).status, 200);
    const write = await put("default", [cluster("b")]);
    assert.equal(write.status, 503, "what would be lost is not taken");
    assert.equal(write.body.code, "draining");
    stream.ack(unanswered);
    assert.equal((await stream.ended).code, 14, "UNAVAILABLE: it connects to the next one");
  } finally {
    await stream.close();
  }
  await closed;
  await assert.rejects(request("GET", "/healthz"));
});
