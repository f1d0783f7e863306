import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { start } from "../support/fairlead.ts";
import { cluster, fileOf } from "../support/resources.ts";
import { until } from "../support/until.ts";

const TYPE = `type="envoy.config.cluster.v3.Cluster"`;

test("streams, pushes by cause, ACKs, NACKs, bytes, convergence and resources are counted", async (t) => {
  const { request, put, proxy, write } = await start(t, { files: { "a.yaml": fileOf(cluster("file")) } });
  const metric = async (line: string) => {
    const { body } = await request("GET", "/metrics");
    return Number(new RegExp(`^${line.replace(/[{}.+]/g, "\\$&")} (\\S+)$`, "m").exec(body)?.[1] ?? "0");
  };
  await put("default", [cluster("a")]);
  proxy("one");
  proxy("picky", ({ resources }) => resources.find(({ name }) => name === "bad") && "no");
  await until("two streams", async () => (await metric("fairlead_xds_streams")) === 2);
  await until("two ACKs", async () => (await metric(`fairlead_xds_acks_total{${TYPE}}`)) === 2);
  assert.equal(await metric(`fairlead_xds_pushes_total{${TYPE},cause="subscribed"}`), 2);
  assert.equal(await metric(`fairlead_resources{${TYPE}}`), 2);
  assert.ok((await metric(`fairlead_xds_pushed_bytes_total{${TYPE}}`)) > 100);
  assert.equal(await metric(`fairlead_xds_convergence_seconds_count{${TYPE}}`), 0, "no commit caused these");

  await put("default", [cluster("a"), cluster("good")], "?wait=acked");
  assert.equal(await metric(`fairlead_xds_pushes_total{${TYPE},cause="changed"}`), 2);
  assert.equal(await metric(`fairlead_xds_convergence_seconds_count{${TYPE}}`), 2);
  assert.ok((await metric(`fairlead_xds_convergence_seconds_sum{${TYPE}}`)) > 0);
  assert.equal(await metric(`fairlead_nodes{state="synced"}`), 2);

  await put("default", [cluster("a"), cluster("good"), cluster("bad")], "?wait=acked");
  assert.equal(await metric(`fairlead_xds_nacks_total{${TYPE}}`), 1);
  assert.equal(await metric(`fairlead_nodes{state="rejected"}`), 1);
  assert.equal(await metric(`fairlead_commits_total{source="api"}`), 3);

  write("a.yaml", "broken: [");
  await until("a fault", async () => (await metric(`fairlead_source_faults_total{source="file"}`)) === 1);
  const route = `method="PUT",route="/v1/groups/:group/resources"`;
  assert.equal(await metric(`fairlead_admin_requests_total{${route},status="200"}`), 2);
  assert.equal(await metric(`fairlead_admin_requests_total{${route},status="424"}`), 1, "the one that was rejected");
});

test("the process, its loop and its collections are measured", async (t) => {
  const { request } = await start(t);
  const { body, headers } = await request("GET", "/metrics");
  assert.match(headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  for (const name of [
    ...["process_cpu_seconds_total", "process_resident_memory_bytes", "process_start_time_seconds"],
    ...["nodejs_eventloop_lag_seconds", "nodejs_gc_duration_seconds", "nodejs_heap_used_bytes"],
  ]) {
    assert.match(body, new RegExp(`^# HELP ${name} \\S`, "m"));
  }
});

test("labels stay few, however many nodes, groups and types there are", async (t) => {
  const { request, put, proxy } = await start(t);
  for (let index = 0; index < 30; index++) await put(`group-${index}`, [cluster("a")]);
  for (let index = 0; index < 30; index++) {
    const client = proxy(`group-${index}`);
    for (let type = 0; type < 4; type++) client.watch(`type.googleapis.com/made.up.T${index}x${type}`, "*");
  }
  await until("all are there", async () => (await request("GET", "/v1/nodes?state=SYNCED")).body.nodes.length >= 30);
  const { body } = await request("GET", "/metrics");
  assert.doesNotMatch(body, /group-\d/);
  const types = new Set([...body.matchAll(/type="([^"]+)"/g)].map(([, type]) => type));
  assert.ok(types.has(TYPE_URLS.cluster.split("/")[1]));
  assert.ok(types.size <= 65, `${types.size} types`);
});
