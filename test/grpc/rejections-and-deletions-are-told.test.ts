import assert from "node:assert/strict";
import { answeredOnlyBy, type GrpcStage, testGrpcClients } from "../support/grpc/lab.ts";
import { clientListener, grpcCluster, grpcRoutes, oneLocality } from "../support/grpc/resources.ts";
import type { Resource } from "../support/resources.ts";
import { waitFor } from "../support/wait-for.ts";

interface Type {
  readonly typeUrl: string;
  readonly state: string;
  readonly nack?: { readonly message: string };
}

testGrpcClients("gRPC clients and what they can't use", {
  "a rejected cluster leaves the one before in use, and get nodes shows the client's words": async (stage) => {
    const { put, client, untilCalls, language } = stage;
    await put(resources(stage));
    await client.open("web", "xds:///web");
    await untilCalls("web", "an answer by b0", answeredOnlyBy("b0"));
    await client.load("web", { pauseMs: 5 });
    await put(resources(stage, { type: "STRICT_DNS", eds_cluster_config: undefined }));
    const { nack } = await untilCluster(
      stage,
      "rejected",
      ({ state, nack }) => state === "REJECTED" && nack !== undefined,
    );
    assert.match(nack!.message, WORDS[language]);
    await put(resources(stage));
    await untilCluster(stage, "accepted again", ({ state, nack }) => state === "SYNCED" && nack === undefined);
    const { failed, errors } = await client.stopLoad("web");
    assert.deepEqual({ failed, errors }, { failed: 0, errors: {} });
  },

  "a deleted listener ends its calls, and they go on when it is back": async (stage) => {
    const { put, client, untilCalls, language } = stage;
    const [, ...others] = resources(stage);
    await put(others);
    await untilCalls("web", "no answers", ({ ok, errors }) => {
      return ok === 0 && Object.keys(errors).every((text) => /^unavailable/i.test(text));
    });
    await put(resources(stage));
    if (language === "node") {
      // grpc-js takes the listener when it is back, and yet its channel stays without routes: only a new one works.
      await client.close("web");
      await client.open("web", "xds:///web");
    }
    await untilCalls("web", "an answer by b0 again", answeredOnlyBy("b0"));
  },

  "endpoints that are taken away, and others that come": async (stage) => {
    const { put, untilCalls, backends, language } = stage;
    const plain = resources(stage);
    await put([...plain.slice(0, -1), { ...oneLocality("web"), endpoints: [] } as Resource]);
    // grpc-java accepts that there are none, and goes on with those it had.
    if (language !== "java") await untilCalls("web", "no answers", ({ ok }) => ok === 0);
    await put([...plain.slice(0, -1), oneLocality("web", backends.ports[1]!)]);
    await untilCalls("web", "an answer by b1", answeredOnlyBy("b1"));
  },
});

/** How each names the kind of cluster that it refuses. */
const WORDS = {
  go: /unsupported cluster type/,
  java: /unsupported built-in discovery type: STRICT_DNS/,
  node: /STRICT_DNS/,
};

function resources({ backends }: GrpcStage, extra: object = {}): readonly Resource[] {
  return [
    clientListener("web", { rds: "routes" }),
    grpcRoutes("routes", "web"),
    JSON.parse(JSON.stringify(grpcCluster("web", extra))) as Resource,
    oneLocality("web", backends.ports[0]!),
  ];
}

async function untilCluster(
  { plane, nodeId }: GrpcStage,
  what: string,
  isAsWanted: (type: Type) => boolean,
): Promise<Type> {
  let last: unknown;
  return await waitFor(
    () => `the cluster to be ${what}: ${JSON.stringify(last)}`,
    async () => {
      const { clients } = (await plane.get(`/v1/nodes/${nodeId}`)) as {
        clients: readonly { types: readonly Type[] }[];
      };
      last = clients;
      const types = clients.flatMap(({ types }) => types);
      return types.find((type) => type.typeUrl.endsWith(".Cluster") && isAsWanted(type));
    },
  );
}
