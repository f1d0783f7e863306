import { ADS, type Case, SPEC } from "../case.ts";
import type { Dialogue } from "../dialogue.ts";
import { CDS, cluster, EDS, endpoints, wrapped } from "../resources.ts";
import type { Trial } from "../trial.ts";

const EXPIRES = "xds.config.supports-resource-ttl";
const UNWRAPS = "xds.config.supports-resource-in-sotw";
/** As older Envoys spell it. */
const UNWRAPS_TOO = "xds.config.resource-in-sotw";

/** A time to live that is over half spent before silence ends. */
function ttlMs(t: Trial): number {
  return Math.max(1_000, Math.round(t.timings.silenceMs / 1_000) * 1_000);
}

/** Cluster a with a time to live, and b without. */
async function given(t: Trial, edition = 1): Promise<void> {
  await t.given(wrapped("a", cluster("a", edition), { ttl: `${ttlMs(t) / 1_000}s` }), cluster("b"));
}

function opened(t: Trial, features: readonly string[] = [EXPIRES, UNWRAPS]): Dialogue {
  const stream = t.open(CDS, { features });
  stream.subscribe(CDS);
  return stream;
}

/** The server need not know times to live. */
function needsTtl(t: Trial, stream: Dialogue): void {
  if (stream.held(CDS).get("a")?.ttlMs === undefined) t.lacks("resources come without their time to live");
}

export const O3: readonly Case[] = [
  {
    id: "O3",
    says: "a resource that expires is renewed before it does",
    level: "spec",
    source: SPEC.ttl,
    variants: ADS,
    async run(t) {
      await given(t);
      const stream = opened(t);
      await stream.answer(CDS, ["a", "b"]);
      needsTtl(t, stream);
      const { resources } = await stream.within(ttlMs(t), CDS);
      t.must(resources.find(({ name }) => name === "a")?.ttlMs === ttlMs(t), "a with its time to live", "another");
    },
  },
  {
    id: "O3",
    says: "in delta a heartbeat holds what expires, without a body",
    level: "fairlead",
    source: `${SPEC.fairlead}; ${SPEC.ttl}: "heartbeats"`,
    variants: ["ads-delta"],
    async run(t) {
      await given(t);
      const stream = opened(t);
      await stream.answer(CDS, ["a", "b"]);
      needsTtl(t, stream);
      const { resources } = await stream.holding(CDS, ["a"]);
      t.must(resources[0]!.value === undefined, "no body", "one");
    },
  },
  {
    id: "O3",
    says: "in SotW a heartbeat of clusters holds all of them, with bodies",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-sotw"],
    async run(t) {
      await given(t);
      const stream = opened(t);
      await stream.answer(CDS, ["a", "b"]);
      needsTtl(t, stream);
      const { resources } = await stream.holding(CDS, ["a", "b"]);
      t.must(
        resources.every(({ value }) => value !== undefined),
        "bodies",
        "a resource without",
      );
    },
  },
  {
    id: "O3",
    says: "in SotW a heartbeat of endpoints holds what expires, with its body",
    level: "fairlead",
    source: `${SPEC.fairlead}; Envoy passes over a heartbeat without a body in SotW`,
    variants: ["ads-sotw"],
    async run(t) {
      await t.given(wrapped("a", endpoints("a"), { ttl: `${ttlMs(t) / 1_000}s` }), endpoints("b"));
      const stream = t.open(EDS, { features: [EXPIRES, UNWRAPS] });
      stream.subscribe(EDS, ["a", "b"]);
      await stream.answer(EDS, ["a", "b"]);
      if (stream.held(EDS).get("a")!.ttlMs === undefined) t.lacks("resources come without their time to live");
      const { resources } = await stream.holding(EDS, ["a"]);
      t.must(resources[0]!.value !== undefined, "a body", "none");
    },
  },
  {
    id: "O3",
    says: "in SotW what was rejected and then dropped is not renewed",
    level: "fairlead",
    source: `${SPEC.fairlead}: that it is gone can't be told, and so it should expire`,
    variants: ["ads-sotw"],
    async run(t) {
      const expiring = (name: string) => wrapped(name, endpoints(name), { ttl: `${ttlMs(t) / 1_000}s` });
      await t.given(expiring("a"), expiring("b"));
      const stream = t.open(EDS, { features: [EXPIRES, UNWRAPS] });
      stream.subscribe(EDS, ["a", "b"]);
      await stream.answer(EDS, ["a", "b"]);
      if (stream.held(EDS).get("a")!.ttlMs === undefined) t.lacks("resources come without their time to live");
      await t.given(endpoints("a", 2), expiring("b"));
      let changed = await stream.response(EDS);
      for (; changed.resources.length > 1; changed = await stream.response(EDS)) stream.ack(changed); // a heartbeat
      stream.nack(changed);
      await t.given(expiring("b"));
      stream.ack(await stream.response(EDS)); // may have been on its way
      await stream.holding(EDS, ["b"]);
    },
  },
  {
    id: "O3",
    says: "a time to live is not told to a client that does not say that it takes one",
    level: "spec",
    source: `${SPEC.ttl}: "For clients that support" the feature`,
    variants: ADS,
    async run(t) {
      await given(t);
      const stream = opened(t, []);
      await stream.answer(CDS, ["a", "b"]);
      const told = stream.held(CDS).get("a")!.ttlMs;
      t.must(told === undefined, "no time to live", `${told} ms`);
      await stream.quiet((ttlMs(t) * 3) / 4, "no heartbeat");
    },
  },
  {
    id: "O3",
    says: "either spelling of the feature for wrappers in SotW is known",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-sotw"],
    async run(t) {
      await given(t);
      for (const feature of [UNWRAPS, UNWRAPS_TOO]) {
        const stream = opened(t, [EXPIRES, feature]);
        await stream.answer(CDS, ["a", "b"]);
        t.must(stream.held(CDS).get("a")!.ttlMs === ttlMs(t), `a time to live with ${feature}`, "none");
        await stream.close();
      }
    },
  },
  {
    id: "O3",
    says: "a heartbeat waits for the answer to what was sent before",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-delta"],
    async run(t) {
      await given(t);
      const stream = opened(t);
      const first = await stream.holding(CDS, ["a", "b"]);
      needsTtl(t, stream);
      await stream.quiet(ttlMs(t) * 0.7, "no heartbeat while the response is not acknowledged");
      stream.ack(first);
      await stream.holding(CDS, ["a"]);
    },
  },
  {
    id: "O3",
    says: "what a returning client holds is renewed at once",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-delta"],
    async run(t) {
      await given(t);
      const before = opened(t);
      await before.answer(CDS, ["a", "b"]);
      needsTtl(t, before);
      const had = new Map([...before.held(CDS)].map(([name, { version }]) => [name, version]));
      await before.close();
      const startedMs = performance.now();
      const stream = t.open(CDS, { features: [EXPIRES] });
      stream.sendDelta({ typeUrl: CDS, initialResourceVersions: had });
      const { resources } = await stream.holding(CDS, ["a"]);
      t.must(resources[0]!.value === undefined, "a heartbeat", "the resource");
      const tookMs = Math.round(performance.now() - startedMs);
      t.must(tookMs < ttlMs(t) / 2, "it at once", `it after ${tookMs} ms`);
    },
  },
  {
    id: "O3",
    says: "a heartbeat that is rejected brings the resource: the client no longer had it",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-delta"],
    async run(t) {
      await given(t);
      const stream = opened(t);
      await stream.answer(CDS, ["a", "b"]);
      needsTtl(t, stream);
      stream.nack(await stream.holding(CDS, ["a"]));
      const { resources } = await stream.holding(CDS, ["a"]);
      t.must(resources[0]!.value !== undefined, "the resource", "another heartbeat");
    },
  },
];
