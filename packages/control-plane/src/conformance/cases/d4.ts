import { type Case, DELTA, SPEC } from "../case.ts";
import { CDS, cluster, EDS, endpoints } from "../resources.ts";

const UNSUBSCRIBING = `${SPEC.delta}, Unsubscribing from Resources`;

export const D4: readonly Case[] = [
  {
    id: "D4",
    says: "giving up a name that was never asked for is ignored",
    level: "spec",
    source: UNSUBSCRIBING,
    variants: DELTA,
    async run(t) {
      await t.given(endpoints("a"), endpoints("b"));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a"]);
      await stream.answer(EDS, ["a"]);
      stream.unsubscribe(EDS, ["b", "unheard-of"]);
      await stream.silence("no answer to what was never asked for");
    },
  },
  {
    id: "D4",
    says: "giving up a name that was never heard of under a wildcard is ignored",
    level: "recommended",
    source: `${UNSUBSCRIBING}: "it can simply ignore these phantom unsubscriptions"`,
    variants: DELTA,
    async run(t) {
      await t.given(cluster("a"));
      const stream = t.open(CDS);
      stream.subscribe(CDS, ["*"]);
      await stream.answer(CDS, ["a"]);
      stream.unsubscribe(CDS, ["unheard-of"]);
      await stream.silence("no answer to what was never asked for");
    },
  },
  {
    id: "D4",
    says: "what was given up is not sent any more",
    level: "spec",
    source: UNSUBSCRIBING,
    variants: DELTA,
    async run(t) {
      await t.given(endpoints("a", 1), endpoints("b"));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a", "b"]);
      await stream.answer(EDS, ["a", "b"]);
      stream.unsubscribe(EDS, ["a"]);
      await stream.settled();
      await t.given(endpoints("a", 2), endpoints("b", 2));
      await stream.answer(EDS, ["b"]);
    },
  },
  {
    id: "D4",
    says: "giving up the wildcard keeps the names",
    level: "spec",
    source: SPEC.hints,
    variants: DELTA,
    async run(t) {
      await t.given(cluster("a", 1), cluster("b", 1));
      const stream = t.open(CDS);
      stream.subscribe(CDS, ["*", "a"]);
      await stream.answer(CDS, ["a", "b"]);
      stream.unsubscribe(CDS, ["*"]);
      await stream.settled();
      await t.given(cluster("a", 2), cluster("b", 2));
      await stream.answer(CDS, ["a"]);
    },
  },
  {
    id: "D4",
    says: "a name that is given up under a wildcard is answered with the resource",
    level: "spec",
    source: UNSUBSCRIBING,
    variants: DELTA,
    async run(t) {
      await t.given(cluster("a"), cluster("b"));
      const stream = t.open(CDS);
      stream.subscribe(CDS, ["*", "a"]);
      await stream.answer(CDS, ["a", "b"]);
      stream.unsubscribe(CDS, ["a"]);
      await stream.answer(CDS, ["a"]);
    },
  },
  {
    id: "D4",
    says: "a missing name that is given up under a wildcard is answered as removed",
    level: "spec",
    source: UNSUBSCRIBING,
    variants: DELTA,
    async run(t) {
      await t.given(cluster("b"));
      const stream = t.open(CDS);
      stream.subscribe(CDS, ["*", "none"]);
      await stream.until("b to be sent", [CDS], () => stream.held(CDS).has("b"));
      await stream.settled();
      stream.unsubscribe(CDS, ["none"]);
      await stream.answer(CDS, [], ["none"]);
    },
  },
];
