import assert from "node:assert/strict";
import { answeredOnlyBy, testGrpcClients } from "../support/grpc/lab.ts";
import { clientListener, grpcCluster, grpcRoutes, oneLocality } from "../support/grpc/resources.ts";

// C9: a client may drop a name and take it up again while it has no server. It then comes back with the current version,
// and waits for an answer all the same: grpc-go for ever.
testGrpcClients(
  "gRPC clients whose control plane is restarted",
  {
    "go on with what they have, and are answered names that they dropped and took up meanwhile": async (stage) => {
      const { plane, group, client, untilCalls, backends } = stage;
      plane.write(group, [
        clientListener("web", { rds: "routes" }),
        clientListener("shop", { inline: grpcRoutes("inside", "two") }),
        grpcRoutes("routes", "one"),
        grpcCluster("one"),
        grpcCluster("two"),
        oneLocality("one", backends.ports[0]!),
        oneLocality("two", backends.ports[1]!),
      ]);
      await client.open("kept", "xds:///web");
      await client.open("shop", "xds:///shop");
      await untilCalls("kept", "an answer by b0", answeredOnlyBy("b0"));
      await untilCalls("shop", "an answer by b1", answeredOnlyBy("b1"));
      await client.load("kept", { pauseMs: 5 });
      await plane.stop();
      await client.close("shop");
      await client.open("shop", "xds:///shop");
      await plane.restart("SIGKILL");
      await untilCalls("shop", "an answer by b1 after the restart", answeredOnlyBy("b1"));
      await client.close("shop");
      await client.open("shop", "xds:///web");
      await untilCalls("shop", "an answer by b0 under the other name", answeredOnlyBy("b0"));
      const { ok, failed, errors } = await client.stopLoad("kept");
      assert.ok(ok > 0);
      assert.deepEqual({ failed, errors }, { failed: 0, errors: {} });
      // What changes after the restart arrives too.
      plane.write(group, [
        clientListener("web", { rds: "routes" }),
        grpcRoutes("routes", "two"),
        grpcCluster("two"),
        oneLocality("two", backends.ports[2]!),
      ]);
      await untilCalls("kept", "an answer by b2", answeredOnlyBy("b2"));
    },
  },
  { hasOwnPlane: true },
);
