import { ADS, type Case, EVERY, SPEC } from "../case.ts";
import { CDS, cluster, EDS, endpoints } from "../resources.ts";

/** More responses than a counter of one digit has, whatever its base up to 36. */
const MANY = 40;

export const C3: readonly Case[] = [
  {
    id: "C3",
    says: "a nonce is never repeated on a stream",
    level: "spec",
    source: SPEC.overview,
    variants: EVERY,
    async run(t) {
      const stream = t.open(CDS);
      const nonces = new Set<string>();
      for (const edition of [1, 2, 1, 2]) {
        await t.given(cluster("a", edition));
        if (nonces.size === 0) stream.subscribe(CDS);
        const { nonce } = await stream.answer(CDS, ["a"]);
        t.must(nonce !== "", "a nonce", "none");
        t.must(!nonces.has(nonce), "a nonce that was not there before", nonce);
        nonces.add(nonce);
      }
    },
  },
  {
    id: "C3",
    says: "what is sent again has a nonce of its own",
    level: "spec",
    source: SPEC.overview,
    variants: ["ads-delta", "own-delta"],
    async run(t) {
      await t.given(endpoints("a"));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a"]);
      const first = await stream.answer(EDS, ["a"]);
      stream.unsubscribe(EDS, ["a"]);
      stream.subscribe(EDS, ["a"]);
      const second = await stream.answer(EDS, ["a"]);
      t.must(first.nonce !== second.nonce, "another nonce", first.nonce);
    },
  },
  {
    id: "C3",
    says: "what a server sends on two streams is answered on each",
    level: "spec",
    source: SPEC.overview,
    variants: ADS,
    async run(t) {
      await t.given(cluster("a"));
      const streams = [t.open(CDS), t.open(CDS)];
      for (const stream of streams) stream.subscribe(CDS);
      for (const stream of streams) await stream.answer(CDS, ["a"]);
      await t.given(cluster("a", 2));
      const nonces = [];
      for (const stream of streams) nonces.push((await stream.answer(CDS, ["a"])).nonce);
      await t.given(cluster("a", 3));
      for (const stream of streams) await stream.answer(CDS, ["a"]);
      t.must(
        nonces.every((nonce) => nonce !== ""),
        "a nonce on either stream",
        nonces.join(", "),
      );
    },
  },
  {
    id: "C3",
    says: "nonces have one length",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-sotw"],
    async run(t) {
      const stream = t.open(CDS);
      const lengths = new Set<number>();
      for (let edition = 1; edition <= MANY; edition++) {
        await t.given(cluster("a", edition));
        if (edition === 1) stream.subscribe(CDS);
        lengths.add((await stream.answer(CDS, ["a"])).nonce.length);
      }
      t.must(lengths.size === 1, "nonces of one length", `lengths ${[...lengths].join(", ")}`);
    },
  },
  {
    id: "C3",
    says: "a first request with a nonce of another stream is answered",
    level: "spec",
    source: `${SPEC.overview}: "it does not survive stream restarts"`,
    variants: EVERY,
    async run(t) {
      await t.given(endpoints("a"));
      const stream = t.open(EDS);
      if (t.mode === "sotw") stream.sendSotw({ typeUrl: EDS, resourceNames: ["a"], nonce: "of-another-stream" });
      else stream.sendDelta({ typeUrl: EDS, subscribe: ["a"], nonce: "of-another-stream" });
      await stream.answer(EDS, ["a"]);
    },
  },
  {
    id: "C3",
    says: "changes behind an unanswered response come as one",
    level: "recommended",
    source: SPEC.update,
    variants: EVERY,
    async run(t) {
      await t.given(cluster("a", 1));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      const first = await stream.holding(CDS, ["a"]);
      for (const edition of [2, 3, 4]) await t.given(cluster("a", edition));
      await stream.silence("no second response while the first is not acknowledged");
      stream.ack(first);
      await stream.answer(CDS, ["a"]);
      await stream.silence("one response for all the changes");
    },
  },
  {
    id: "C3",
    says: "an unanswered response stops blocking after a while, and two at most are out",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ADS,
    async run(t) {
      await t.given(cluster("a", 1));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      const first = await stream.holding(CDS, ["a"]);
      await t.given(cluster("a", 2));
      const second = await stream.within(t.timings.silenceMs + t.timeoutMs, CDS);
      await t.given(cluster("a", 3));
      await stream.quiet(t.timings.silenceMs + 500, "no third response while two are not acknowledged");
      stream.ack(second);
      if (t.mode === "delta") stream.ack(first);
      await stream.answer(CDS, ["a"]);
      await stream.silence();
    },
  },
  {
    id: "C3",
    says: "in SotW the ACK of the later of two responses settles both",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-sotw"],
    async run(t) {
      const patienceMs = t.timings.silenceMs + t.timeoutMs;
      await t.given(cluster("a", 1));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      await stream.holding(CDS, ["a"]);
      await t.given(cluster("a", 2));
      stream.ack(await stream.within(patienceMs, CDS));
      await t.given(cluster("a", 3));
      await stream.response(CDS);
      await t.given(cluster("a", 4));
      await stream.within(patienceMs, CDS); // one is out, and a second may be
    },
  },
];
