// protocol.md S5
import assert from "node:assert/strict";
import { test } from "node:test";
import { Health, HealthCheckResponse_ServingStatus as Serving } from "@fairlead/envoy-api/grpc/health/v1/health_pb";
import { StatusCode } from "../../src/grpc/status.ts";
import { healthService } from "../../src/server/services/health.ts";
import { reflectionServices } from "../../src/server/services/reflection.ts";
import { ask, openCall } from "./service-call.ts";
import { startServer } from "./started-server.ts";

const services = [healthService(), ...reflectionServices()];
const { check, watch, list } = Health.method;
const ADS = "envoy.service.discovery.v3.AggregatedDiscoveryService";

test("health is NOT_SERVING until every source has loaded, and then SERVING (S5, O6)", async (t) => {
  const { cache, target } = await startServer(t, { services, cacheOptions: { waitsUntilReady: true } });
  const watched = openCall(t, target, watch);
  watched.send({ service: ADS });
  assert.equal((await watched.next()).status, Serving.NOT_SERVING);
  assert.equal((await ask(t, target, check, {})).status, Serving.NOT_SERVING);
  cache.markReady();
  assert.equal((await watched.next()).status, Serving.SERVING);
  assert.equal((await ask(t, target, check, {})).status, Serving.SERVING);
  assert.equal((await ask(t, target, check, { service: ADS })).status, Serving.SERVING);
});

test("health knows every service of the port, and no other (S5)", async (t) => {
  const { target } = await startServer(t, { services });
  const { statuses } = await ask(t, target, list, {});
  const names = ["", ADS, "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"];
  for (const name of names) assert.equal(statuses[name]?.status, Serving.SERVING, name);
  const call = openCall(t, target, check);
  call.send({ service: "example.Unknown" });
  assert.equal((await call.ended).code, StatusCode.NOT_FOUND);
  const watched = openCall(t, target, watch);
  watched.send({ service: "example.Unknown" });
  assert.equal((await watched.next()).status, Serving.SERVICE_UNKNOWN);
});

test("a drain tells NOT_SERVING, and then ends the watch (S5)", async (t) => {
  const { server, target } = await startServer(t, { services });
  const watched = openCall(t, target, watch);
  watched.send({});
  assert.equal((await watched.next()).status, Serving.SERVING);
  await server.drain();
  assert.equal((await watched.next()).status, Serving.NOT_SERVING);
  assert.equal((await watched.ended).code, StatusCode.UNAVAILABLE);
});
