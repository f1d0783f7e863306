import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Envoy } from "./envoy.ts";
import { Simulation } from "./simulation.ts";
import type { Mutation, Spec } from "./world.ts";

/** After so many commits that were each ACKed before the next but one, at latest, a dropped cluster is gone. */
const MAX_ROUNDS = 5;

const cluster = (name: string, how: string): Spec => {
  const kind = how === "eds" ? { eds: name } : how === "dns" ? { dns: true } : {};
  return { type: "cluster", name, v: 0, ...kind };
};
const route = (to: string): Spec => ({ type: "routes", name: "R", v: 0, to: [to] });
const listener = (v: number): Spec => ({ type: "listener", name: "L", v, rds: "R" });
const put = (...specs: Spec[]): Mutation[] => specs.map((spec) => ({ op: "put", spec }));

describe("under commits that never end", () => {
  for (const mode of ["sotw", "delta"] as const) {
    for (const isAggregated of [true, false]) {
      const how = `${mode}, ${isAggregated ? "ADS" : "streams of one type"}`;
      test(`a swapped cluster is removed after a bounded number of ACKs and its lingering (${how})`, () => {
        const plan = fc.record({
          hows: fc.array(fc.constantFrom("eds", "eds", "dns", "static"), { minLength: 4, maxLength: 4 }),
          picks: fc.array(fc.nat({ max: 7 }), { minLength: 40, maxLength: 40 }),
          hasListenerChange: fc.boolean(),
        });
        fc.assert(
          fc.property(plan, ({ hows, picks, hasListenerChange }) => {
            const simulation = swap({ mode, isAggregated }, hows, picks, hasListenerChange);
            simulation.quiesce();
            simulation.checkEqual();
          }),
          { numRuns: 60 },
        );
      });
    }
  }
});

/** A cluster is swapped in every commit, and each is committed before the ACKs of the last have come. */
function swap(
  setup: { readonly mode: "sotw" | "delta"; readonly isAggregated: boolean },
  hows: readonly string[],
  picks: readonly number[],
  hasListenerChange: boolean,
): Simulation {
  const newClient = (network: ConstructorParameters<typeof Envoy>[0]) => new Envoy(network);
  const simulation = new Simulation({ ...setup, newClient, mayDangle: false, isOrderChecked: true });
  const nameOf = (round: number) => `c${round}`;
  const commit = (round: number): void => {
    const specs = [cluster(nameOf(round), hows[round % hows.length]!), route(nameOf(round))];
    if (hasListenerChange || round === 0) specs.push(listener(round));
    const gone: Mutation[] = round === 0 ? [] : [{ op: "drop", type: "cluster", name: nameOf(round - 1) }];
    simulation.apply({ kind: "commit", mutations: [...put(...specs), ...gone] });
  };
  commit(0);
  simulation.apply({ kind: "settle" });
  // What listeners that drain may need is another promise, of minutes: its lingering is counted in rounds here too.
  const lingerMs = hasListenerChange ? simulation.server.options.listenerDrainMs : 0;
  const roundMs = 1_500;
  const lastRound = hasListenerChange ? 6 : MAX_ROUNDS + 4;
  for (let round = 1; round <= lastRound; round++) {
    commit(round);
    for (const pick of picks) {
      simulation.apply({ kind: pick % 2 === 0 ? "to-client" : "to-server", pick });
      simulation.apply({ kind: "turn" });
    }
    // The next commit comes while responses and ACKs of this one are on their way; only then time passes.
    if (round < lastRound) commit(round + 0.5);
    simulation.apply({ kind: "settle" });
    simulation.apply({ kind: "advance", ms: roundMs });
  }
  if (hasListenerChange) {
    simulation.apply({ kind: "advance", ms: lingerMs + 10_000 });
    simulation.apply({ kind: "settle" });
  }
  const held = [...simulation.client.muxes()].find(({ typeUrl }) => typeUrl.endsWith("Cluster"))!.held;
  const recent = hasListenerChange ? 1 : MAX_ROUNDS;
  for (const name of held.keys()) {
    const age = lastRound - Number(name.slice(1));
    assert.ok(age <= recent, `cluster ${name} is there ${age} rounds after it was replaced`);
  }
  return simulation;
}
