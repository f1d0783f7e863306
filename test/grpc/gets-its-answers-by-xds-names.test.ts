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
    await client.open("web", "xds:///web");
    await untilCalls("web", "an answer by b0", answeredOnlyBy("b0"));
    assert.equal((await client.call("web", 50, { concurrency: 4 })).ok, 50);
  },

  "resolve two names, one with its routes inside the listener": async (stage) => {
    const { put, client, untilCalls, plane, nodeId, language, backends } = stage;
    await put([
      clientListener("web", { rds: "routes" }),
      grpcRoutes("routes", "one"),
      clientListener("shop", { inline: grpcRoutes("inside", "two") }),
      grpcCluster("one"),
      grpcCluster("two"),
      oneLocality("one", backends.ports[0]!),
      oneLocality("two", backends.ports[1]!),
    ]);
    await client.open("shop", "xds:///shop");
    await untilCalls("shop", "an answer by b1", answeredOnlyBy("b1"));
    await untilCalls("web", "the other still answered by b0", answeredOnlyBy("b0"));
    const { clients } = (await plane.get(`/v1/nodes/${nodeId}`)) as { clients: readonly unknown[] };
    // Go and Java have a client, and a stream, for each name (gRFC A71); they share the node's id.
    assert.equal(clients.length, language === "node" ? 1 : 2);
  },

  "choose a route by the method's path and by a header": async ({ put, client, untilCalls, backends }) => {
    const byHeader = {
      match: { prefix: "/", headers: [{ name: "x-who", string_match: { exact: "three" } }] },
      route: { cluster: "three" },
    };
    const byPath = { match: { path: "/fairlead.test.Who/Other" }, route: { cluster: "three" } };
    await put([
      clientListener("web", { rds: "routes" }),
      grpcRoutes("routes", "one", { before: [byPath, byHeader] }),
      grpcCluster("one"),
      grpcCluster("three"),
      oneLocality("one", backends.ports[0]!),
      oneLocality("three", backends.ports[2]!),
    ]);
    const headers = { "x-who": "three" };
    await untilCalls("web", "the route for all", answeredOnlyBy("b0"));
    while (!answeredOnlyBy("b2")(await client.call("web", 4, { headers })));
  },

  "drop a name and ask for it again": async ({ client, untilCalls }) => {
    for (let turn = 0; turn < 3; turn++) {
      await client.close("web");
      await client.open("web", "xds:///web");
      await untilCalls("web", `an answer by b0 the ${turn + 2}. time`, answeredOnlyBy("b0"));
    }
  },
});
