import { type Case, DELTA, SPEC } from "../case.ts";
import { CDS, cluster, EDS, endpoints } from "../resources.ts";

export const D2: readonly Case[] = [
  {
    id: "D2",
    says: "a name that is subscribed again is answered again",
    level: "spec",
    source: `${SPEC.delta}, Subscribing to Resources: "must still provide those resources"`,
    variants: DELTA,
    async run(t) {
      await t.given(endpoints("a"), endpoints("b"));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a", "b"]);
      await stream.answer(EDS, ["a", "b"]);
      stream.subscribe(EDS, ["a"]);
      await stream.answer(EDS, ["a"]);
    },
  },
  {
    id: "D2",
    says: "a name is answered though a wildcard holds it already",
    level: "spec",
    source: `${SPEC.delta}, Subscribing to Resources`,
    variants: DELTA,
    async run(t) {
      await t.given(cluster("a"), cluster("b"));
      const stream = t.open(CDS);
      stream.subscribe(CDS, ["*"]);
      await stream.answer(CDS, ["a", "b"]);
      stream.subscribe(CDS, ["a"]);
      await stream.answer(CDS, ["a"]);
    },
  },
];
