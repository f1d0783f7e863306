import { ADS, type Case, EVERY, SPEC } from "../case.ts";
import { CDS, cluster, EDS, endpoints } from "../resources.ts";

export const C5: readonly Case[] = [
  {
    id: "C5",
    says: "what was rejected is not sent again until it changes",
    level: "recommended",
    source: SPEC.update,
    variants: EVERY,
    async run(t) {
      await t.given(cluster("a"));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      stream.nack(await stream.holding(CDS, ["a"]));
      await stream.silence("no response to a NACK");
    },
  },
  {
    id: "C5",
    says: "a change after a rejection is sent",
    level: "spec",
    source: SPEC.ack,
    variants: EVERY,
    async run(t) {
      await t.given(cluster("a", 1));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      await stream.answer(CDS, ["a"]);
      await t.given(cluster("a", 2));
      const rejected = await stream.holding(CDS, ["a"]);
      const version = stream.held(CDS).get("a")!.version;
      stream.nack(rejected);
      await t.given(cluster("a", 3));
      await stream.until("the third edition", [CDS], () => stream.held(CDS).get("a")!.version !== version);
    },
  },
  {
    id: "C5",
    says: "a rejected name that is asked for again is sent again",
    level: "spec",
    source: SPEC.delta,
    variants: ["ads-delta", "own-delta"],
    async run(t) {
      await t.given(endpoints("a"));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a"]);
      stream.nack(await stream.holding(EDS, ["a"]));
      stream.subscribe(EDS, ["a"]);
      await stream.answer(EDS, ["a"]);
    },
  },
  {
    id: "C5",
    says: "when one of a rejected response changes, the rest of it is sent too",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-delta", "own-delta"],
    async run(t) {
      await t.given(cluster("a", 1), cluster("b"));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      stream.nack(await stream.holding(CDS, ["a", "b"]));
      await t.given(cluster("a", 2), cluster("b"));
      await stream.answer(CDS, ["a", "b"]);
    },
  },
  {
    id: "C5",
    says: "a NACK of one type leaves the others as they are",
    level: "spec",
    source: SPEC.ads,
    variants: ADS,
    async run(t) {
      await t.given(cluster("a"), endpoints("e", 1));
      const ads = t.open(CDS);
      ads.subscribe(EDS, ["e"]);
      await ads.answer(EDS, ["e"]);
      ads.subscribe(CDS);
      ads.nack(await ads.holding(CDS, ["a"]));
      await t.given(cluster("a"), endpoints("e", 2));
      await ads.answer(EDS, ["e"]);
    },
  },
];
