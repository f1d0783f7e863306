import { type Case, SOTW, SPEC } from "../case.ts";
import { CDS, cluster, LDS, listener, type ResourceJson } from "../resources.ts";

const WILD: readonly (readonly [string, string, (name: string, edition: number) => ResourceJson])[] = [
  ["clusters", CDS, cluster],
  ["listeners", LDS, (name, edition) => listener(name, "r", edition)],
];

export const W6: readonly Case[] = WILD.flatMap(([what, type, make]): Case[] => [
  {
    id: "W6",
    says: `no names mean all ${what}, as "*" does`,
    level: "spec",
    source: SPEC.hints,
    variants: SOTW,
    async run(t) {
      await t.given(make("a", 1), make("b", 2));
      const legacy = t.open(type);
      legacy.subscribe(type);
      await legacy.answer(type, ["a", "b"]);
      const explicit = t.open(type, { node: { id: t.node, cluster: t.node } });
      explicit.subscribe(type, ["*"]);
      await explicit.answer(type, ["a", "b"]);
    },
  },
  {
    id: "W6",
    says: `after a name, no names mean no ${what}`,
    level: "spec",
    source: SPEC.hints,
    variants: SOTW,
    async run(t) {
      await t.given(make("a", 1), make("b", 2));
      const stream = t.open(type);
      stream.subscribe(type);
      await stream.answer(type, ["a", "b"]);
      stream.subscribe(type, ["*", "a"]);
      stream.subscribe(type, ["a"]);
      await stream.settled();
      stream.subscribe(type, []);
      await stream.settled();
      await t.given(make("a", 3), make("b", 4), make("c", 5));
      await stream.without(type, ["a", "b", "c"]);
    },
  },
]);
