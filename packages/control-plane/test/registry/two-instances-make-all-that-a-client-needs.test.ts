import assert from "node:assert/strict";
import { test } from "node:test";
import { held, instance, putInstance, putSettings, removeInstance, serviceStore, shown } from "./support/services.ts";

const endpoint = (port: number, healthStatus: string) => ({
  endpoint: { address: { socketAddress: { address: "127.0.0.1", portValue: port } } },
  healthStatus,
});

test("two instances make a cluster with endpoints, and a listener with routes that lead there", async () => {
  const store = serviceStore();
  await store.commit([putInstance(instance("a")), putInstance(instance("b", { port: 8081 }))]);
  assert.deepEqual(held(store), ["cds/web", "eds/web", "lds/web", "rds/web"]);
  assert.deepEqual(shown(store, "endpoints")?.endpoints, [
    {
      locality: {},
      lbEndpoints: [endpoint(8080, "HEALTHY"), endpoint(8081, "HEALTHY")],
      loadBalancingWeight: 2,
    },
  ]);
  assert.equal(shown(store, "cluster")?.type, "EDS");
  assert.match(JSON.stringify(shown(store, "listener")?.apiListener), /"routeConfigName":"web"/);
  assert.match(JSON.stringify(shown(store, "routes")?.virtualHosts), /"cluster":"web"/);
});

test("an instance that drains, is down or is silent is said to be", async () => {
  const store = serviceStore();
  await store.commit([
    putInstance(instance("a", { status: "DRAINING" })),
    putInstance(instance("b", { port: 8081, status: "DOWN" })),
    putInstance(instance("c", { port: 8082, isHealthy: false })),
    putInstance(instance("d", { port: 8083, status: "DRAINING", isHealthy: false })),
  ]);
  assert.deepEqual(shown(store, "endpoints")?.endpoints, [
    {
      locality: {},
      lbEndpoints: [
        endpoint(8080, "DRAINING"),
        endpoint(8081, "UNHEALTHY"),
        endpoint(8082, "UNHEALTHY"),
        endpoint(8083, "UNHEALTHY"),
      ],
      loadBalancingWeight: 1,
    },
  ]);
});

test("a service with settings outlives its last instance, and ends when both are gone", async () => {
  const store = serviceStore();
  await store.commit([putInstance(instance("a")), putSettings("web", {})]);
  await store.commit([removeInstance("web", "a")]);
  assert.deepEqual(held(store), ["cds/web", "eds/web", "lds/web", "rds/web"]);
  assert.equal(shown(store, "endpoints")?.endpoints, undefined);
  await store.commit([putSettings("web", undefined)]);
  assert.equal(store.state().groups.has("default"), false);
});
