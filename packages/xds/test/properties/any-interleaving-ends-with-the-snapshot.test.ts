import { describe, test } from "node:test";
import { checkProperty } from "./check-property.ts";
import { Envoy } from "./envoy.ts";
import { FreeClient } from "./free-client.ts";
import { GrpcClient } from "./grpc.ts";
import type { Network } from "./model-client.ts";
import { WAYS } from "./ways.ts";

const CLIENTS = {
  "an Envoy": (network: Network) => new Envoy(network),
  "a gRPC client": (network: Network) => new GrpcClient(network),
  "a client of whims": (network: Network) => new FreeClient(network),
};

for (const [who, newClient] of Object.entries(CLIENTS)) {
  describe(who, () => {
    for (const { how, mode, isAggregated, isPolled } of WAYS) {
      // A gRPC client does not poll.
      if (isPolled && who === "a gRPC client") continue;
      test(`ends with its snapshot whatever happens before (${how})`, (t) => {
        const setup = { mode, isAggregated, isPolled, newClient, mayDangle: true };
        checkProperty(t, setup, 300, (simulation, events) => {
          for (const event of events) simulation.apply(event);
          simulation.quiesce();
          simulation.checkEqual();
          simulation.heal();
          simulation.quiesce();
          simulation.checkEqual();
          simulation.checkForgotten();
        });
      });
    }
  });
}
