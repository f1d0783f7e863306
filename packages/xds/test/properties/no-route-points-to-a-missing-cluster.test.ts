import { describe, test } from "node:test";
import { checkProperty } from "./check-property.ts";
import { Envoy } from "./envoy.ts";

describe("an Envoy whose snapshot does not dangle", () => {
  for (const mode of ["sotw", "delta"] as const) {
    for (const isAggregated of [true, false]) {
      const how = `${mode}, ${isAggregated ? "ADS" : "streams of one type"}`;
      test(`has every cluster that a listener or route of its points to, at every moment (${how})`, (t) => {
        const setup = {
          mode,
          isAggregated,
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
  }
});
