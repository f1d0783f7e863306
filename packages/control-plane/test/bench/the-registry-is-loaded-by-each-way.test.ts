import assert from "node:assert/strict";
import { test } from "node:test";
import { createDriver, parsePlan, readRegistryFlags, runRegistry, WAYS } from "@fairlead/bench";
import { start } from "../support/fairlead.ts";

test("instances are registered, beat at their time, and are gone at the end", async (t) => {
  const { fairlead, request } = await start(t);
  const { host, port } = fairlead.xdsAddress;
  for (const by of WAYS) {
    const flags = { admin: fairlead.adminUrl, target: `${host}:${port}`, by, instances: "40", services: "4" };
    const plan = readRegistryFlags({ ...flags, interval: "100ms", for: "300ms", connections: "3" });
    const { phases } = await runRegistry(plan, new AbortController().signal);
    const told = phases.map(({ kind, instances, refused, why }) => ({ kind, instances, refused, why }));
    const fine = { refused: 0, why: undefined };
    assert.deepEqual(
      told,
      [
        { kind: "register", instances: 40, ...fine },
        { kind: "heartbeat", instances: 120, ...fine },
      ],
      by,
    );
    assert.equal(phases[1]!.latency!.count, phases[1]!.messages, by);
    for (const service of ["bench-0", "bench-3"]) {
      const { body } = await request("GET", `/v1/services/${service}/instances`);
      assert.deepEqual(body.instances ?? [], [], by);
    }
  }
});

test("what the registry refuses is counted, with its reason", async (t) => {
  const { fairlead } = await start(t, { config: { admin: { maxBodyBytes: 1_024 } } });
  const flags = { admin: fairlead.adminUrl, target: "127.0.0.1:1", by: "batch", instances: "15" } as const;
  const plan = readRegistryFlags({ ...flags, interval: "100ms", for: "100ms", connections: "1" });
  const { phases } = await runRegistry(plan, new AbortController().signal);
  assert.equal(phases[0]!.refused, 15);
  assert.match(phases[0]!.why!, /answered 413/);
});

test("a driver changes the first instance of a service", async (t) => {
  const { fairlead, request } = await start(t);
  const driver = createDriver(
    parsePlan(`
target: 127.0.0.1:1
workload: { count: 2, endpoints: 2 }
driver: { kind: registry, admin: "${fairlead.adminUrl}" }`),
  );
  const marks = async () => {
    const { body } = await request("GET", "/v1/groups/default/resources?type=endpoints");
    return (body.resources as { name: string; resource: unknown }[]).map(({ name, resource }) => {
      return `${name} ${/"hostname":"change-0*(\d+)"/.exec(JSON.stringify(resource))?.[1]}`;
    });
  };
  await driver.setup();
  assert.deepEqual(await marks(), ["bench-0 0", "bench-1 0"]);
  await driver.change({ sequence: 7, intendedMs: 0, resources: [1] });
  assert.deepEqual(await marks(), ["bench-0 0", "bench-1 7"]);
  await driver.teardown();
});
