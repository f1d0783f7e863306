import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createDriver, parsePlan } from "@fairlead/bench";
import { start } from "../support/fairlead.ts";

const WEB = { "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", name: "web", connectTimeout: "1s" };

async function startWith(t: TestContext, workload: string) {
  const { fairlead, request, put } = await start(t);
  const driver = createDriver(
    parsePlan(`
target: 127.0.0.1:1
workload: ${workload}
driver: { kind: fairlead, admin: "${fairlead.adminUrl}", group: load }`),
  );
  const marks = async () => {
    const { body } = await request("GET", "/v1/groups/load/resources?limit=1000");
    return (body.resources as { name: string; resource: unknown }[]).map(({ name, resource }) => {
      return `${name} ${/"hostname":"change-0*(\d+)"/.exec(JSON.stringify(resource))?.[1]}`;
    });
  };
  return { driver, marks, request, put };
}

test("a change touches the resources that it names, and the end leaves nothing", async (t) => {
  const { driver, marks, request } = await startWith(t, "{ count: 3, endpoints: 2 }");
  await driver.setup();
  assert.deepEqual(await marks(), ["bench-0 0", "bench-1 0", "bench-2 0"]);
  await driver.change({ sequence: 1, intendedMs: 0, resources: [1] });
  await driver.change({ sequence: 2, intendedMs: 0, resources: [2] });
  assert.deepEqual(await marks(), ["bench-0 0", "bench-1 1", "bench-2 2"]);
  await driver.change({ sequence: 3, intendedMs: 0, resources: "all" });
  assert.deepEqual(await marks(), ["bench-0 3", "bench-1 3", "bench-2 3"]);
  await driver.teardown();
  assert.equal((await request("GET", "/v1/groups/load/resources?owner=api")).body.resources?.length ?? 0, 0);
});

test("more resources than a request takes come by several, clusters too, and what an earlier run left goes", async (t) => {
  const { driver, marks, put } = await startWith(t, "{ count: 1200, endpoints: 1, type: clusters }");
  await put("load", [{ ...WEB, name: "bench-1300" }]);
  await driver.setup();
  const all = await marks();
  assert.equal(all.length, 1_000, "a page");
  assert.ok(all.every((one) => / 0$/.test(one)));
  await driver.change({ sequence: 5, intendedMs: 0, resources: [1_199] });
  await driver.teardown();
});

test("a group in which the API manages something else is left alone", async (t) => {
  const { driver, marks, put } = await startWith(t, "{ count: 3, endpoints: 2 }");
  await put("load", [WEB]);
  await assert.rejects(driver.setup(), {
    code: "driver-failed",
    message:
      "the admin API manages 1 other resources of the group load (web), which a run would replace: " +
      "give the load test a group of its own (--group), or delete them",
  });
  await driver.teardown();
  assert.deepEqual(await marks(), ["web undefined"]);
});
