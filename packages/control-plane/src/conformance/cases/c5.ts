import { ADS, type Case, EVERY, SPEC } from "../case.ts";
import { CDS, cluster, EDS, endpoints } from "../resources.ts";

const FOUR = ["a", "b", "c", "d"];

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
      const [a, ...others] = FOUR.map((name) => cluster(name));
      await t.given(a!, ...others);
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      stream.nack(await stream.holding(CDS, FOUR));
      const part = await stream.holding(CDS, ["a", "b"]);
      await t.given(cluster("a", 2), ...others);
      stream.nack(part);
      await stream.holding(CDS, FOUR);
    },
  },
  {
    id: "C5",
    says: "after a rejection the good ones are delivered, part by part, and the bad one is found without being sent alone",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-delta", "own-delta"],
    async run(t) {
      await t.given(...FOUR.map((name) => cluster(name)));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      stream.nack(await stream.holding(CDS, FOUR));
      const good = new Set<string>();
      while (good.size < FOUR.length - 1) {
        const part = await stream.response(CDS);
        if (good.size === 0) await stream.silence("one part at a time");
        const names = part.resources.map(({ name }) => name);
        t.must(names.join() !== "b", "no part of b alone", "one");
        if (names.includes("b")) stream.nack(part);
        else stream.ack(part);
        for (const name of names) if (!names.includes("b")) good.add(name);
      }
      await stream.silence("no more of what is known to be bad");
      await t.given(cluster("a", 2), cluster("b"), cluster("c"), cluster("d"));
      await stream.answer(CDS, ["a"]);
      await t.given(cluster("a", 2), cluster("b", 2), cluster("c"), cluster("d"));
      await stream.answer(CDS, ["b"]);
    },
  },
  {
    id: "C5",
    says: "while a part is not answered no other is tried, however long that takes",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-delta"],
    async run(t) {
      const four = FOUR.map((name) => endpoints(name));
      await t.given(...four);
      const stream = t.open(EDS);
      stream.subscribe(EDS, FOUR);
      stream.nack(await stream.holding(EDS, FOUR));
      await stream.holding(EDS, ["a", "b"]);
      await stream.quiet(t.timings.silenceMs + 300, "no other part");
      await t.given(...four, endpoints("another"));
      await stream.silence("no other part");
    },
  },
  {
    id: "C5",
    says: "what was found to be bad stays away when another that is bad changes",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-delta", "own-delta"],
    async run(t) {
      await t.given(cluster("a"), cluster("b"));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      stream.nack(await stream.holding(CDS, ["a", "b"]));
      stream.nack(await stream.holding(CDS, ["a"]));
      stream.nack(await stream.holding(CDS, ["b"]));
      await t.given(cluster("a", 2), cluster("b"));
      await stream.answer(CDS, ["a"]);
    },
  },
  {
    id: "C5",
    says: "what is not wanted any more says nothing of the rest of what was rejected",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-delta", "own-delta"],
    async run(t) {
      await t.given(...FOUR.map((name) => endpoints(name)));
      const stream = t.open(EDS);
      stream.subscribe(EDS, FOUR);
      stream.nack(await stream.holding(EDS, FOUR));
      const part = await stream.holding(EDS, ["a", "b"]);
      stream.unsubscribe(EDS, ["a", "b"]);
      stream.ack(part);
      await stream.holding(EDS, ["c", "d"]);
    },
  },
  {
    id: "C5",
    says: "what a NACK mentions is left out of the first part",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-delta"],
    async run(t) {
      await t.given(...FOUR.map((name) => cluster(name)));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      stream.nack(await stream.holding(CDS, FOUR), "Error adding/updating cluster(s) b: it is bad");
      await stream.answer(CDS, ["a", "c", "d"]);
      await stream.silence("nothing of b");
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
