import assert from "node:assert/strict";
import { answeredOnlyBy, testGrpcClients } from "../support/grpc/lab.ts";
import { clientListener, grpcCluster, grpcRoutes, oneLocality } from "../support/grpc/resources.ts";

testGrpcClients(
  "gRPC clients with TLS to the control plane",
  {
    "resolve a name, and follow a change": async ({ put, client, untilCalls, backends }) => {
      const resources = (backend: number) => [
        clientListener("web", { rds: "routes" }),
        grpcRoutes("routes", "one"),
        grpcCluster("one"),
        oneLocality("one", backends.ports[backend]!),
      ];
      await put(resources(0));
      await client.open("web", "xds:///web");
      await untilCalls("web", "an answer by b0", answeredOnlyBy("b0"));
      await put(resources(1));
      await untilCalls("web", "an answer by b1", answeredOnlyBy("b1"));
      assert.equal((await client.call("web", 50, { concurrency: 4 })).ok, 50);
    },
  },
  {
    carriers: { go: "mutual TLS", java: "TLS" },
    hasOwnPlane: true,
    without: { node: "grpc-js-xds has no TLS to its xDS server; grpc-js itself is in packages/xds/test/transport" },
  },
);
