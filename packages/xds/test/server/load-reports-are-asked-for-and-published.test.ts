// protocol.md S5
import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { LoadReportingService } from "@fairlead/envoy-api/envoy/service/load_stats/v3/lrs_pb";
import { StatusCode } from "../../src/grpc/status.ts";
import { loadReportingService } from "../../src/server/services/load-reports.ts";
import { waitFor } from "../support/wait-for.ts";
import { hear } from "./heard.ts";
import { openCall } from "./service-call.ts";
import { commit, resource, startServer, timeoutMs } from "./started-server.ts";

const method = LoadReportingService.method.streamLoadStats;
const SENDS_ALL = "envoy.lrs.supports_send_all_clusters";
const stats = (clusterName: string, requests: number) => ({
  clusterName,
  upstreamLocalityStats: [{ totalIssuedRequests: BigInt(requests), locality: { zone: "z" } }],
});

test("who can send all clusters is asked for all, by the interval and grain configured (S5)", async (t) => {
  const services = [loadReportingService({ intervalMs: 2_500, byEndpoint: true })];
  const { target } = await startServer(t, { services });
  const call = openCall(t, target, method);
  call.send({ node: { id: "n", clientFeatures: [SENDS_ALL] } });
  const asked = await call.next();
  assert.equal(asked.sendAllClusters, true);
  assert.deepEqual(asked.clusters, []);
  assert.equal(asked.reportEndpointGranularity, true);
  assert.deepEqual([asked.loadReportingInterval?.seconds, asked.loadReportingInterval?.nanos], [2n, 500_000_000]);
});

test("who cannot is asked for the clusters of its group, and anew when these change (S5)", async (t) => {
  const { cache, target } = await startServer(t, { services: [loadReportingService()] });
  commit(cache, [resource(TYPE_URLS.cluster, "a"), resource(TYPE_URLS.cluster, "b")]);
  const call = openCall(t, target, method);
  call.send({ node: { id: "n" } });
  const asked = await call.next();
  assert.deepEqual([asked.sendAllClusters, asked.clusters.toSorted()], [false, ["a", "b"]]);
  commit(cache, [resource(TYPE_URLS.endpoints, "a")]);
  call.send({ clusterStats: [stats("a", 1)] });
  commit(cache, [resource(TYPE_URLS.cluster, "c")]);
  call.send({ clusterStats: [] });
  assert.deepEqual((await call.next()).clusters.toSorted(), ["a", "b", "c"]);
  call.end();
  assert.equal((await call.ended).code, StatusCode.OK);
  assert.equal(call.answers.length, 2, "asked only when there is something else to ask for");
});

test("clusters that are configured are asked for, whatever a proxy can (S5)", async (t) => {
  const { target } = await startServer(t, { services: [loadReportingService({ clusters: ["x"] })] });
  const call = openCall(t, target, method);
  call.send({ node: { id: "n", clientFeatures: [SENDS_ALL] } });
  const asked = await call.next();
  assert.deepEqual([asked.sendAllClusters, asked.clusters], [false, ["x"]]);
});

test("reports are published with who reports, however many clusters they tell of (S5)", async (t) => {
  const { cache, target } = await startServer(t, { services: [loadReportingService()] });
  commit(cache, [resource(TYPE_URLS.cluster, "a")], "team");
  const heard = hear(t, "fairlead:xds:load-reported");
  const call = openCall(t, target, method);
  call.send({ node: { id: "n", cluster: "team" } });
  const clusterStats = Array.from({ length: 1_000 }, (_, index) => stats(`c${index}`, index));
  call.send({ clusterStats });
  const clusters = () => heard.flatMap((report) => report.clusters);
  await waitFor("the whole report", () => clusters().length === 1_000, timeoutMs);
  assert.deepEqual(
    clusters().map(({ clusterName, upstreamLocalityStats }) => [
      clusterName,
      upstreamLocalityStats[0]?.totalIssuedRequests,
    ]),
    clusterStats.map(({ clusterName }, index) => [clusterName, BigInt(index)]),
  );
  for (const { node, group, peer } of heard) {
    assert.deepEqual([node.id, node.cluster, group], ["n", "team", "team"]);
    assert.match(peer, /^127\.0\.0\.1:\d+$/);
  }
});

test("a stream without a node is refused, and figures without end (S5)", async (t) => {
  const { target } = await startServer(t, { services: [loadReportingService()] });
  hear(t, "fairlead:xds:load-reported");
  const nobody = openCall(t, target, method);
  nobody.send({ clusterStats: [stats("a", 1)] });
  assert.equal((await nobody.ended).code, StatusCode.INVALID_ARGUMENT);
  const large = openCall(t, target, method);
  large.send({ node: { id: "n" }, clusterStats: [stats("x".repeat(2_000_000), 1)] });
  const { code, message } = await large.ended;
  assert.equal(code, StatusCode.INVALID_ARGUMENT);
  assert.match(message, /1048576 bytes/);
});
