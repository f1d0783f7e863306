import { type Case, EVERY, SPEC } from "../case.ts";
import { CDS, cluster, EDS, endpoints } from "../resources.ts";

export const C4: readonly Case[] = [
  {
    id: "C4",
    says: "an ACK causes no response",
    level: "recommended",
    source: SPEC.update,
    variants: EVERY,
    async run(t) {
      await t.given(cluster("a"));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      await stream.answer(CDS, ["a"]);
      await stream.silence("no response to an ACK");
    },
  },
  {
    id: "C4",
    says: "a request that says the same again causes no response",
    level: "recommended",
    source: SPEC.update,
    variants: ["ads-sotw", "own-sotw"],
    async run(t) {
      await t.given(endpoints("a"));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a"]);
      await stream.answer(EDS, ["a"]);
      stream.subscribe(EDS, ["a"]);
      await stream.silence("no response to what was said before");
    },
  },
  {
    id: "C4",
    says: "the same content again causes no response",
    level: "recommended",
    source: SPEC.update,
    variants: EVERY,
    async run(t) {
      await t.given(cluster("a"));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      await stream.answer(CDS, ["a"]);
      await t.given(cluster("a"));
      await stream.silence("no response to a change that changes nothing");
    },
  },
  {
    id: "C4",
    says: "a change of another type causes no response",
    level: "recommended",
    source: SPEC.update,
    variants: EVERY,
    async run(t) {
      await t.given(cluster("a"), endpoints("e"));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      await stream.answer(CDS, ["a"]);
      await t.given(cluster("a"), endpoints("e", 2));
      await stream.silence("no response to a change of what was not asked for");
    },
  },
  {
    id: "C4",
    says: "a change that was undone before it could be sent causes no response",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: EVERY,
    async run(t) {
      await t.given(cluster("a", 1));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      const first = await stream.holding(CDS, ["a"]);
      await t.given(cluster("a", 2));
      await t.given(cluster("a", 1));
      stream.ack(first);
      await stream.silence("no response: the client has what there is");
    },
  },
];
