import { ADS, type Case, EVERY, SPEC } from "../case.ts";
import { CDS, cluster, EDS, endpoints } from "../resources.ts";

export const C1: readonly Case[] = [
  {
    id: "C1",
    says: "the node of the first request holds for the stream",
    level: "spec",
    source: SPEC.overview,
    variants: ADS,
    async run(t) {
      await t.given(cluster("a"), endpoints("e"));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      await stream.answer(CDS, ["a"]);
      stream.subscribe(EDS, ["e"]); // without a node
      await stream.answer(EDS, ["e"]);
    },
  },
  {
    id: "C1",
    says: "a stream whose first request has no node is refused as INVALID_ARGUMENT",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: EVERY,
    async run(t) {
      const stream = t.open(CDS, { node: undefined });
      stream.subscribe(CDS);
      await stream.ends("INVALID_ARGUMENT");
    },
  },
  {
    id: "C1",
    says: "streams of one connection have each its own node",
    level: "recommended",
    source: SPEC.overview,
    variants: EVERY,
    async run(t) {
      const other = t.other("b");
      await t.given(cluster("a"));
      await t.givenTo(other, [cluster("b")]);
      const channel = t.connect();
      const one = t.open(CDS, { channel });
      one.subscribe(CDS);
      await one.answer(CDS, ["a"]);
      const two = t.open(CDS, { channel, node: { id: other, cluster: other } });
      two.subscribe(CDS);
      await two.answer(CDS, ["b"]);
    },
  },
];
