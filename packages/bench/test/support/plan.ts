import type { Plan } from "../../src/plan/plan.ts";

/** A plan for tests that only look at some fields. */
export function planWith(fields: Partial<Plan>): Plan {
  return {
    target: { host: "127.0.0.1", port: 1 },
    protocol: "ads-sotw",
    streams: 1,
    streamsPerConnection: 1,
    node: { id: "bench-{n}", cluster: "bench" },
    workload: {
      type: "endpoints",
      count: 10,
      endpoints: 1,
      nameTemplate: "bench-{i}",
      subscribe: "all",
      change: "in-turn",
      recognise: "mark",
    },
    driver: { kind: "none" },
    scenario: { kind: "connect", connecting: { atOnce: 256 }, holdMs: 0 },
    population: [{ share: 1, behaviour: { kind: "healthy" } }],
    generators: 1,
    server: {},
    thresholds: [],
    ...fields,
  };
}
