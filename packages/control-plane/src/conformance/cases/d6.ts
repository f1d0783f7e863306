import { type Case, DELTA, SPEC } from "../case.ts";
import { EDS, endpoints } from "../resources.ts";

export const D6: readonly Case[] = [
  {
    id: "D6",
    says: "names that come with a stale nonce are answered",
    level: "spec",
    source: `${SPEC.delta}: "must honor changes to the subscription state even if the nonce is stale"`,
    variants: DELTA,
    async run(t) {
      await t.given(endpoints("a"), endpoints("b"));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a"]);
      await stream.answer(EDS, ["a"]);
      stream.sendDelta({ typeUrl: EDS, subscribe: ["b"], nonce: "stale" });
      await stream.answer(EDS, ["b"]);
    },
  },
  {
    id: "D6",
    says: "names that are given up with a stale nonce are given up",
    level: "spec",
    source: SPEC.delta,
    variants: DELTA,
    async run(t) {
      await t.given(endpoints("a", 1), endpoints("b", 1));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a", "b"]);
      await stream.answer(EDS, ["a", "b"]);
      stream.sendDelta({ typeUrl: EDS, unsubscribe: ["a"], nonce: "stale" });
      await stream.settled();
      await t.given(endpoints("a", 2), endpoints("b", 2));
      await stream.answer(EDS, ["b"]);
    },
  },
];
