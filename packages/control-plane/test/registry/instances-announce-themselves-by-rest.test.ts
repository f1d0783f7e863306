import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "../support/fairlead.ts";
import { readContract } from "../support/openapi.ts";

const SERVICES = "/v1/services";
const SERVICE = "/v1/services/{service}";
const INSTANCES = "/v1/services/{service}/instances";
const INSTANCE = "/v1/services/{service}/instances/{id}";

test("an instance registers, beats, changes and goes; each answer is as the served OpenAPI says", async (t) => {
  const running = await start(t);
  const { ask } = await readContract(running);
  const web = { service: "web", id: "a" };
  const first = await ask("PUT", INSTANCE, web, { address: "10.0.0.1", port: 80 });
  assert.deepEqual([first.status, first.body.service, first.body.id], [201, "web", "a"]);
  const shown = (await ask("GET", INSTANCE, web)).body;
  assert.deepEqual(
    [shown.weight, shown.status, shown.healthy, shown.ttlMs, shown.metadata],
    [1, "UP", true, 30_000, {}],
    "what was not said has its default",
  );
  assert.ok(Math.abs(Date.parse(shown.heardAt) - Date.now()) < 60_000);

  assert.equal((await ask("POST", `${INSTANCE}/heartbeat`, web)).status, 204);
  assert.equal((await ask("POST", `${INSTANCE}/heartbeat`, web, {})).status, 204);
  const again = await ask("PUT", INSTANCE, web, { address: "10.0.0.1", port: 80 });
  assert.deepEqual([again.status, again.body.revision], [200, first.body.revision], "nothing new, nothing written");
  const changed = await ask("PUT", INSTANCE, web, {
    address: "2001:db8::1",
    port: 81,
    weight: 3,
    locality: { region: "r", zone: "z" },
    metadata: { version: "v1", nested: { list: [1, null] } },
    status: "DRAINING",
    ttlMs: 5_000,
  });
  assert.ok(changed.body.revision > first.body.revision);
  const after = (await ask("GET", INSTANCE, web)).body;
  assert.deepEqual([after.address, after.weight, after.status], ["2001:db8::1", 3, "DRAINING"]);
  assert.deepEqual(after.locality, { region: "r", zone: "z", subZone: "" });
  assert.deepEqual(after.metadata, { version: "v1", nested: { list: [1, null] } });

  const listed = (await ask("GET", SERVICES)).body.services;
  assert.deepEqual(
    listed.map(({ service, instances, healthy, draining }: Record<string, unknown>) => [
      service,
      instances,
      healthy,
      draining,
    ]),
    [["web", 1, 0, 1]],
  );
  assert.equal((await ask("GET", INSTANCES, web)).body.instances.length, 1);
  assert.equal((await ask("DELETE", INSTANCE, web)).status, 204);
  assert.equal((await ask("DELETE", INSTANCE, web)).body.code, "instance-unknown");
  assert.equal((await ask("GET", INSTANCE, web)).body.code, "instance-unknown");
  // The service stays: its proxies must not lose a cluster because all instances are away for a moment.
  assert.deepEqual((await ask("GET", INSTANCES, web)).body.instances, []);
  assert.equal((await ask("GET", SERVICE, web)).body.instances, 0);
  assert.equal((await ask("DELETE", SERVICE, web)).status, 200);
  assert.equal((await ask("GET", INSTANCES, web)).body.code, "service-unknown");
  assert.equal((await ask("GET", SERVICE, web)).body.code, "service-unknown");
  const beat = (await ask("POST", `${INSTANCE}/heartbeat`, { service: "web", id: "never" })).body;
  assert.equal(beat.code, "instance-unknown");
  assert.match(beat.detail, /^the instance is not registered here, .*: register it$/);
  assert.equal((await ask("POST", `${INSTANCE}/heartbeat`, web)).body.code, "instance-unknown");
});

test("a message that is not newer than what is known is refused, with what is known", async (t) => {
  const { ask } = await readContract(await start(t));
  const key = { service: "web", id: "a" };
  const say = (incarnation: number, sequence: number, port = 80) =>
    ask("PUT", INSTANCE, key, { address: "10.0.0.1", port, incarnation, sequence });
  assert.equal((await say(7, 5)).status, 201);
  const stale = await say(7, 4, 81);
  assert.deepEqual([stale.status, stale.body.code], [409, "instance-stale"]);
  assert.match(stale.body.detail, /7.*5/, "what is known is named");
  assert.equal((await say(6, 9, 81)).body.code, "instance-stale", "a former life");
  const beat = await ask("POST", `${INSTANCE}/heartbeat`, key, { incarnation: 7, sequence: 3 });
  assert.deepEqual([beat.status, beat.body.code], [409, "instance-stale"]);
  assert.equal((await ask("GET", INSTANCE, key)).body.port, 80, "nothing was changed");
  assert.equal((await ask("POST", `${INSTANCE}/heartbeat`, key, { incarnation: 7, sequence: 6 })).status, 204);
  assert.equal((await say(8, 1, 82)).status, 200, "after a restart it begins anew");
});

test("an agent announces many at once; what is wrong with one keeps no other from being taken up", async (t) => {
  const { ask } = await readContract(await start(t));
  const register = ["a", "b", "c"].map((id) => ({ service: "web", id, address: "10.0.0.1", port: 80 }));
  const { body } = await ask(
    "POST",
    "/v1/announcements",
    {},
    {
      register: [...register, { ...register[0], id: "d", address: "10.0.0.300" }],
      heartbeats: [{ service: "web", id: "nobody" }],
    },
  );
  assert.deepEqual(body.refusals.map(({ id, code }: Record<string, unknown>) => [id, code]).sort(), [
    ["d", "instance-invalid"],
    ["nobody", "instance-unknown"],
  ]);
  const after = await ask(
    "POST",
    "/v1/announcements",
    {},
    {
      heartbeats: [{ service: "web", id: "a" }],
      deregister: [{ service: "web", id: "b" }],
    },
  );
  assert.deepEqual(after.body.refusals, []);
  const { instances } = (await ask("GET", INSTANCES, { service: "web" })).body;
  assert.deepEqual(
    instances.map(({ id }: { id: string }) => id),
    ["a", "c"],
  );
});

test("a service and a group say what their resources have otherwise", async (t) => {
  const running = await start(t);
  const { ask } = await readContract(running);
  await ask("PUT", INSTANCE, { service: "web", id: "a" }, { address: "10.0.0.1", port: 80 });
  const policyOf = async () => {
    const { body } = await running.request("GET", "/v1/groups/default/resources?type=cds&name=web");
    return body.resources[0].resource.lbPolicy ?? body.resources[0].resource.lb_policy;
  };
  const template = "/v1/templates/{group}";
  await ask("PUT", template, { group: "default" }, { cluster: { lb_policy: "LEAST_REQUEST" } });
  assert.equal(await policyOf(), "LEAST_REQUEST");
  const settings = { protocol: "h2", cluster: { lb_policy: "RANDOM" } };
  const tried = (await running.request("PUT", "/v1/services/web?dryRun=true", settings)).body;
  assert.deepEqual([tried.changed, tried.counts.resources.changed], [true, 1], JSON.stringify(tried));
  const cluster = tried.differences.find(({ of }: { of: string }) => of === "resource");
  assert.ok(
    cluster.fields.some(({ after }: { after: unknown }) => after === "RANDOM"),
    "what is made of it is told",
  );
  assert.equal(await policyOf(), "LEAST_REQUEST", "nothing was changed");
  const put = await ask("PUT", SERVICE, { service: "web" }, settings);
  assert.equal(put.body.changed, true);
  assert.equal(await policyOf(), "RANDOM");
  assert.equal((await ask("GET", SERVICE, { service: "web" })).body.settings.protocol, "h2");
  assert.deepEqual((await ask("GET", "/v1/templates")).body.templates, [
    { group: "default", template: { cluster: { lb_policy: "LEAST_REQUEST" } } },
  ]);
  assert.equal((await ask("PUT", SERVICE, { service: "web" }, { protocol: "h9" })).body.code, "request-invalid");
  assert.equal((await ask("DELETE", SERVICE, { service: "web" })).status, 200);
  assert.equal((await ask("DELETE", SERVICE, { service: "web" })).body.code, "service-unknown");
  assert.equal((await ask("DELETE", template, { group: "default" })).status, 200);
  assert.equal((await ask("GET", template, { group: "default" })).body.code, "group-unknown");
  assert.deepEqual((await ask("GET", "/v1/alarms")).body.alarms, []);
  assert.equal((await ask("POST", "/v1/alarms/{service}/accept", { service: "web" })).status, 404);
});
