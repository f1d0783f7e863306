import { describe, test } from "node:test";
import { checkProperty } from "./check-property.ts";
import { Envoy } from "./envoy.ts";
import { WAYS } from "./ways.ts";

describe("an Envoy whose snapshot does not dangle", () => {
  for (const { how, mode, isAggregated, isPolled } of WAYS) {
    test(`has every cluster that a listener or route of its points to, at every moment (${how})`, (t) => {
      const setup = {
        mode,
        isAggregated,
        isPolled,
        newClient: (network: ConstructorParameters<typeof Envoy>[0]) => new Envoy(network),
        mayDangle: false,
        isOrderChecked: true,
      };
      checkProperty(t, setup, 400, (simulation, events) => {
        for (const event of events) simulation.apply(event);
        simulation.quiesce();
        simulation.checkEqual();
      });
    });
  }
});
