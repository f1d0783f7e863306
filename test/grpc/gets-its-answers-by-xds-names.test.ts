import assert from "node:assert/strict";
import { answeredOnlyBy, testGrpcClients } from "../support/grpc/lab.ts";
import { clientListener, grpcCluster, grpcRoutes, oneLocality } from "../support/grpc/resources.ts";

testGrpcClients("gRPC clients of xds:/// names", {
  "resolve a name by listener, routes, cluster and endpoints": async ({ put, client, untilCalls, backends }) => {
    await put([
      clientListener("web", { rds: "routes" }),
      grpcRoutes("routes", "one"),
      grpcCluster("one"),
      oneLocality("one", backends.ports[0]!),
    ]);
    await client.open("c", "xds:///web");
    await untilCalls("c", "an answer by b0", answeredOnlyBy("b0"));
    const { ok } = await client.call("c", 50, { concurrency: 4 });
    assert.equal(ok, 50);
  },
});
