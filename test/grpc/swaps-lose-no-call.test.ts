import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { answeredOnlyBy, type GrpcStage, testGrpcClients } from "../support/grpc/lab.ts";
import { clientListener, grpcCluster, grpcRoutes, oneLocality } from "../support/grpc/resources.ts";
import type { Resource } from "../support/resources.ts";

const LOAD = { concurrency: 4, pauseMs: 2 };

/*
 * grpc-go 1.85 shows a call its new routes a moment before its balancer knows their clusters, and fails it ("unknown cluster
 * selected for RPC"), retry policy or not; grpc-java had that race until 1.72. So the server announces clusters to clients
 * that name them: it sends the old routes with one more, which fits no call and names the next clusters, before the new ones.
 * The last scenario has routes that do so by themselves.
 */

/** Every step replaces the cluster that the route names by another one with another endpoint. */
function swapCluster({ backends }: GrpcStage, step: number, isInline: boolean): readonly Resource[] {
  const cluster = `service-${step}`;
  const routes = grpcRoutes("routes", cluster);
  return [
    clientListener("web", isInline ? { inline: routes } : { rds: "routes" }),
    ...(isInline ? [] : [routes]),
    grpcCluster(cluster),
    oneLocality(cluster, backends.ports[step % 2]!),
  ];
}

/** Every other step names the next cluster in a route that fits no call; the steps between lead all calls there. */
function swapInTwoSteps({ backends }: GrpcStage, step: number): readonly Resource[] {
  const [old, next] = [`service-${step >> 1}`, `service-${(step >> 1) + 1}`];
  const [target, other] = step % 2 === 0 ? [old, next] : [next, old];
  const before = [{ match: { path: "/not/called" }, route: { cluster: other } }];
  return [
    clientListener("web", { rds: "routes" }),
    grpcRoutes("routes", target, { before }),
    ...[old, next].flatMap((name, index) => [
      grpcCluster(name),
      oneLocality(name, backends.ports[((step >> 1) + index) % 2]!),
    ]),
  ];
}

/** Every step moves the one cluster to another endpoint. */
function swapEndpoint({ backends }: GrpcStage, step: number): readonly Resource[] {
  return [
    clientListener("web", { rds: "routes" }),
    grpcRoutes("routes", "service"),
    grpcCluster("service"),
    oneLocality("service", backends.ports[step % 2]!),
  ];
}

testGrpcClients("gRPC clients lose no call", {
  "over 20 swaps of the cluster behind a route": (stage) =>
    play(stage, 20, 200, (step) => swapCluster(stage, step, false)),
  "over 20 swaps faster than the ACKs come": (stage) => play(stage, 20, 0, (step) => swapCluster(stage, step, false)),
  "over 20 swaps of the cluster behind a listener with its routes inside": (stage) =>
    play(stage, 20, 100, (step) => swapCluster(stage, step, true)),
  "over 20 swaps of an endpoint": (stage) => play(stage, 20, 100, (step) => swapEndpoint(stage, step)),
  "over 20 swaps of a cluster that the route names before it leads there": (stage) =>
    play(stage, 40, 100, (step) => swapInTwoSteps(stage, step)),
});

async function play(
  stage: GrpcStage,
  steps: number,
  intervalMs: number,
  resources: (step: number) => readonly Resource[],
): Promise<void> {
  const { t, client, put, untilCalls } = stage;
  await put(resources(0));
  await client.open("web", "xds:///web");
  await untilCalls("web", "step 0 to be in effect", answeredOnlyBy("b0"));
  await client.load("web", LOAD);
  const startedAt = performance.now();
  for (let step = 1; step <= steps; step++) {
    await put(resources(step));
    await sleep(intervalMs);
  }
  // An odd step, so that what is left of an earlier one shows.
  await put(resources(steps + 1));
  await untilCalls("web", "the last step to be in effect", answeredOnlyBy("b1"));
  const { ok, failed, errors } = await client.stopLoad("web");
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  t.diagnostic(`${ok} calls in ${seconds} s, ${failed} failed`);
  assert.ok(ok > 0, "calls were made");
  assert.deepEqual(errors, {}, `the client's log: ${client.logPath}`);
  await client.close("web");
}
