import { type Case, DELTA, SPEC } from "../case.ts";
import { CDS, cluster, EDS, endpoints, LDS, listener } from "../resources.ts";

export const D5: readonly Case[] = [
  {
    id: "D5",
    says: "a name after no names keeps the wildcard",
    level: "spec",
    source: SPEC.hints,
    variants: DELTA,
    async run(t) {
      await t.given(cluster("a"));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      await stream.answer(CDS, ["a"]);
      stream.subscribe(CDS, ["a"]);
      await stream.settled();
      await t.given(cluster("a"), cluster("b"));
      await stream.until("b to be sent", [CDS], () => stream.held(CDS).has("b"));
    },
  },
  {
    id: "D5",
    says: "no names mean all listeners",
    level: "spec",
    source: SPEC.hints,
    variants: DELTA,
    async run(t) {
      await t.given(listener("a", "r", 1), listener("b", "r", 2));
      const stream = t.open(LDS);
      stream.subscribe(LDS);
      await stream.answer(LDS, ["a", "b"]);
    },
  },
  {
    id: "D5",
    says: "no names of endpoints mean none",
    level: "fairlead",
    source: `${SPEC.fairlead}; ${SPEC.hints}: wildcards are for listeners and clusters`,
    variants: DELTA,
    async run(t) {
      await t.given(endpoints("a"));
      const stream = t.open(EDS);
      stream.subscribe(EDS);
      await stream.silence("no endpoints");
    },
  },
  {
    id: "D5",
    says: "a wildcard that is given up in the same request means nothing",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: DELTA,
    async run(t) {
      await t.given(cluster("a"));
      const stream = t.open(CDS);
      stream.sendDelta({ typeUrl: CDS, subscribe: ["*"], unsubscribe: ["*"] });
      await stream.settled();
      await t.given(cluster("a"), cluster("b"));
      await stream.without(CDS, ["a", "b"]);
    },
  },
];
