import { type Case, SOTW, SPEC } from "../case.ts";
import { CDS, cluster, EDS, endpoints, LDS, listener, type ResourceJson, SRDS, scopedRoutes } from "../resources.ts";

const FULL: readonly (readonly [string, string, (name: string, edition: number) => ResourceJson])[] = [
  ["clusters", CDS, cluster],
  ["listeners", LDS, (name, edition) => listener(name, "r", edition)],
];

export const W2: readonly Case[] = [
  ...FULL.map(
    ([what, type, make]): Case => ({
      id: "W2",
      says: `a response holds all ${what}, not just those that changed`,
      level: "spec",
      source: SPEC.grouping,
      variants: SOTW,
      async run(t) {
        await t.given(make("a", 1), make("b", 2));
        const stream = t.open(type);
        stream.subscribe(type);
        await stream.answer(type, ["a", "b"]);
        await t.given(make("a", 3), make("b", 2));
        await stream.answer(type, ["a", "b"]);
      },
    }),
  ),
  ...FULL.map(
    ([what, type, make]): Case => ({
      id: "W2",
      says: `${what} are deleted by being absent`,
      level: "spec",
      source: SPEC.deleting,
      variants: SOTW,
      async run(t) {
        await t.given(make("a", 1), make("b", 2));
        const stream = t.open(type);
        stream.subscribe(type);
        await stream.answer(type, ["a", "b"]);
        await t.given(make("a", 1));
        await stream.holds(type, ["a"], t.timeoutMs + t.timings.removalLingerMs);
      },
    }),
  ),
  {
    id: "W2",
    says: "a response holds all scoped routes",
    level: "fairlead",
    source: `${SPEC.fairlead}; Envoy deletes scopes that a response lacks`,
    variants: SOTW,
    async run(t) {
      await t.given(scopedRoutes("a"), scopedRoutes("b"));
      const stream = t.open(SRDS);
      stream.subscribe(SRDS);
      await stream.answer(SRDS, ["a", "b"]);
      await t.given(scopedRoutes("a"), scopedRoutes("b", "other"));
      const { resources } = await stream.answer(SRDS, ["a", "b"]);
      t.must(resources.length === 2, "both in one response", `${resources.length}`);
    },
  },
  {
    id: "W2",
    says: "of endpoints only those that changed are sent",
    level: "fairlead",
    source: `${SPEC.fairlead}; ${SPEC.grouping}: other types need not be resent`,
    variants: SOTW,
    async run(t) {
      await t.given(endpoints("a", 1), endpoints("b"));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a", "b"]);
      await stream.answer(EDS, ["a", "b"]);
      await t.given(endpoints("a", 2), endpoints("b"));
      await stream.answer(EDS, ["a"]);
    },
  },
];
