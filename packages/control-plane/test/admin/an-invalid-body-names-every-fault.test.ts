import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { start } from "../support/fairlead.ts";
import { cluster } from "../support/resources.ts";

test("every fault has its pointer, rule, line and column, and nothing is changed", async (t) => {
  const { put, request } = await start(t);
  await put("g", [cluster("before")]);
  const text = [
    `{"resources": [`,
    `  {"@type": "${TYPE_URLS.cluster}", "name": "a",`,
    `   "nmae": 1},`,
    `  {"@type": "${TYPE_URLS.cluster}", "name": "b",`,
    `   "lb_policy": "ROUND_ROBBIN"},`,
    `  {"@type": "type.googleapis.com/envoy.config.cluster.v3.Clutser"},`,
    `  {"@type": "${TYPE_URLS.cluster}", "name": "fine"},`,
    `  {"@type": "${TYPE_URLS.cluster}", "name": "fine"},`,
    `  7`,
    `]}`,
  ].join("\n");
  const answer = await request("PUT", "/v1/groups/g/resources", text);
  assert.equal(answer.status, 400);
  assert.equal(answer.headers.get("content-type"), "application/problem+json; charset=utf-8");
  assert.equal(answer.body.code, "resources-invalid");
  const places = answer.body.faults.map((f: Record<string, unknown>) => [f.pointer, f.line, f.column]);
  assert.deepEqual(places, [
    ["/resources/0/nmae", 3, 4],
    ["/resources/1/lb_policy", 5, 4],
    ["/resources/2/@type", 6, 4],
    ["/resources/4", 8, 3],
    ["/resources/5", 9, 3],
  ]);
  assert.match(answer.body.faults[0].message, /did you mean name\?/);
  for (const fault of answer.body.faults) assert.ok(fault.rule && fault.message && fault.severity === "error");
  const listed = await request("GET", "/v1/groups/g/resources");
  assert.deepEqual(
    listed.body.resources.map(({ name }: { name: string }) => name),
    ["before"],
  );
});

test("what breaks Envoy's own rules is refused by default", async (t) => {
  const { put } = await start(t);
  const answer = await put("g", [{ ...cluster("a"), connect_timeout: "-1s" }]);
  assert.equal(answer.status, 400);
  assert.equal(answer.body.faults.length, 1);
  assert.equal(answer.body.faults[0].rule, "duration.gt");
  assert.match(answer.body.faults[0].pointer, /^\/resources\/0\/connect_?[tT]imeout$/);
});

test("a warning's pointer is in the spelling of the body that was sent", async (t) => {
  const { put } = await start(t);
  const routes = [{ match: { prefix: "/" }, route: { cluster: "missing" } }];
  const virtualHosts = [{ name: "all", domains: ["*"], routes }];
  const answer = await put("g", [{ "@type": TYPE_URLS.routes, name: "r", virtual_hosts: virtualHosts }]);
  assert.equal(answer.body.warnings[0].pointer, "/resources/0/virtual_hosts/0/routes/0/route/cluster");
});

test("what breaks Envoy's own rules is told and served where validation only warns", async (t) => {
  const { put } = await start(t, { config: { validation: "warn" } });
  const answer = await put("g", [{ ...cluster("a"), connect_timeout: "-1s" }]);
  assert.equal(answer.status, 200);
  assert.deepEqual(
    answer.body.warnings.map(({ rule, severity }: Record<string, string>) => [rule, severity]),
    [["duration.gt", "warning"]],
  );
});

test("a dangling reference is told and served, or refused where the configuration says so", async (t) => {
  const eds = { ...cluster("a"), type: "EDS", eds_cluster_config: { eds_config: { ads: {} } } };
  const lenient = await start(t);
  const served = await lenient.put("g", [eds]);
  assert.equal(served.status, 200);
  assert.equal(served.body.warnings[0].rule, "reference.endpoints");
  const { column, line, pointer } = served.body.warnings[0];
  assert.deepEqual([pointer, line, typeof column], ["/resources/0/name", 1, "number"]);
  const strict = await start(t, { config: { references: { endpoints: "error" } } });
  const refused = await strict.put("g", [eds]);
  assert.equal(refused.status, 400);
  assert.equal(refused.body.faults[0].rule, "reference.endpoints");
});

test("a hundred thousand faults are counted, a hundred are shown", async (t) => {
  const { put } = await start(t);
  const answer = await put(
    "g",
    Array.from({ length: 100_000 }, () => 0),
  );
  assert.equal(answer.status, 400);
  assert.equal(answer.body.faults.length, 100);
  assert.equal(answer.body.faultCount, 100_000);
});
