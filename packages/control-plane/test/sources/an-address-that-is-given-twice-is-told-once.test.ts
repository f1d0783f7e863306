import assert from "node:assert/strict";
import { test } from "node:test";
import { endpointsJson } from "../../src/sources/dns/cluster-of.ts";

test("an address and port that a source gives twice is told once, where it goes first", () => {
  const at = (address: string, port: number, priority: number) => ({ address, port, priority, weight: 1 });
  const all = [at("10.0.0.1", 80, 1), at("10.0.0.1", 80, 0), at("10.0.0.1", 80, 0), at("10.0.0.1", 81, 1)];
  const { endpoints } = endpointsJson({ query: "web", type: "SRV", onlyEndpoints: false, cluster: {} }, all) as {
    readonly endpoints: readonly { readonly priority?: number; readonly lbEndpoints: readonly unknown[] }[];
  };
  assert.deepEqual(
    endpoints.map(({ priority = 0, lbEndpoints }) => [priority, lbEndpoints.length]),
    [
      [0, 1],
      [1, 1],
    ],
  );
});
