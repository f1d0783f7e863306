import assert from "node:assert/strict";
import type { Tally } from "../support/grpc/client.ts";
import { answeredOnlyBy, testGrpcClients } from "../support/grpc/lab.ts";
import { clientListener, grpcCluster, grpcEndpoints, grpcRoutes, oneLocality } from "../support/grpc/resources.ts";

const CALLS = 1_000;
/** Each call is led by chance: outside of this many standard deviations a right client falls once in 500 million runs. */
const DEVIATIONS = 6;

testGrpcClients("gRPC clients balance by weight", {
  "over clusters": async ({ put, client, untilCalls, backends }) => {
    await put([
      clientListener("web", { rds: "routes" }),
      grpcRoutes("routes", { one: 25, two: 75 }),
      ...["one", "two"].map((name) => grpcCluster(name)),
      oneLocality("one", backends.ports[0]!),
      oneLocality("two", backends.ports[1]!),
    ]);
    await client.open("web", "xds:///web");
    await untilCalls("web", "answers by both", answeredOnlyBy("b0", "b1"));
    assertShares(await client.call("web", CALLS, { concurrency: 4 }), { b0: 0.25, b1: 0.75 });
  },

  "over localities, and evenly over the endpoints of one": async ({ put, client, untilCalls, backends }) => {
    const [, , near, far, alsoFar] = backends.ports as readonly [number, number, number, number, number];
    await put([
      clientListener("web", { rds: "routes" }),
      grpcRoutes("routes", "zones"),
      grpcCluster("zones"),
      grpcEndpoints("zones", [
        { zone: "near", weight: 4, ports: { [near]: 1 } },
        { zone: "far", weight: 1, ports: { [far]: 1, [alsoFar]: 1 } },
      ]),
    ]);
    await untilCalls("web", "answers by three", answeredOnlyBy("b2", "b3", "b4"));
    assertShares(await client.call("web", CALLS, { concurrency: 4 }), { b2: 0.8, b3: 0.1, b4: 0.1 });
  },

  "over changed weights": async ({ put, client, untilCalls, backends }) => {
    const [, , near, far] = backends.ports as readonly [number, number, number, number];
    await put([
      clientListener("web", { rds: "routes" }),
      grpcRoutes("routes", "zones"),
      grpcCluster("zones"),
      grpcEndpoints("zones", [
        { zone: "near", weight: 1, ports: { [near]: 1 } },
        { zone: "far", weight: 3, ports: { [far]: 1 } },
      ]),
    ]);
    await untilCalls("web", "no answer by b4", answeredOnlyBy("b2", "b3"));
    assertShares(await client.call("web", CALLS, { concurrency: 4 }), { b2: 0.25, b3: 0.75 });
  },

  "and go to the next priority when nobody of the first can be reached": async ({ put, untilCalls, backends }) => {
    const [, , near] = backends.ports as readonly [number, number, number];
    // Nobody listens on the discard port.
    const dead = 9;
    await put([
      clientListener("web", { rds: "routes" }),
      grpcRoutes("routes", "zones"),
      grpcCluster("zones"),
      grpcEndpoints("zones", [
        { zone: "gone", weight: 1, ports: { [dead]: 1 } },
        { zone: "near", weight: 1, ports: { [near]: 1 }, priority: 1 },
      ]),
    ]);
    await untilCalls("web", "answers by the next priority", answeredOnlyBy("b2"));
  },
});

function assertShares({ by, failed }: Tally, shares: Readonly<Record<string, number>>): void {
  assert.equal(failed, 0);
  for (const [name, share] of Object.entries(shares)) {
    const slack = DEVIATIONS * Math.sqrt(CALLS * share * (1 - share));
    const got = by[name] ?? 0;
    assert.ok(Math.abs(got - CALLS * share) <= slack, `${name} got ${got} of ${CALLS} calls: ${JSON.stringify(by)}`);
  }
}
