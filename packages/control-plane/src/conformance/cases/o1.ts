import { ADS, type Case, SPEC } from "../case.ts";
import type { Dialogue } from "../dialogue.ts";
import {
  aggregateCluster,
  CDS,
  cluster,
  EDS,
  edsCluster,
  endpoints,
  endpointsOf,
  inlineListener,
  LDS,
  LEDS,
  listener,
  localityEndpoint,
  RDS,
  type ResourceJson,
  routes,
  SDS,
  secret,
  withNew,
} from "../resources.ts";
import type { Trial } from "../trial.ts";

/** All that leads to one cluster. */
function world(to: string, edition = 1): ResourceJson[] {
  return [edsCluster(to), endpoints(to), listener("l", "r"), routes("r", to, edition)];
}

/** A client that has taken `world("a")`. */
async function inWorld(t: Trial): Promise<Dialogue> {
  await t.given(...world("a"));
  const ads = t.open(CDS);
  ads.subscribe(CDS);
  await ads.answer(CDS, ["a"]);
  ads.subscribe(EDS, ["a"]);
  await ads.answer(EDS, ["a"]);
  ads.subscribe(LDS);
  await ads.answer(LDS, ["l"]);
  ads.subscribe(RDS, ["r"]);
  await ads.answer(RDS, ["r"]);
  return ads;
}

/** Asks for the endpoints of both, and returns the unacknowledged response with the new ones. */
async function askEndpoints(t: Trial, ads: Dialogue) {
  ads.subscribe(EDS, t.mode === "sotw" ? ["a", "b"] : ["b"]);
  return await ads.holding(EDS, ["b"]);
}

/** The client takes the new cluster and its endpoints, and is sent the switched route. */
async function toSwitch(t: Trial, ads: Dialogue) {
  await t.given(...world("b", 2));
  ads.ack(await ads.holding(CDS, withNew(t)));
  ads.ack(await askEndpoints(t, ads));
  return await ads.holding(RDS, ["r"]);
}

/** Longer than the server's patience with silence, shorter than its deadline, ms. */
function longSilence({ timings }: Trial): number {
  return (timings.silenceMs + 3 * timings.deadlineMs) / 4;
}

/** For cases that have to outlast the draining of a listener. */
function drainMs(t: Trial): number {
  const { listenerDrainMs } = t.timings;
  if (listenerDrainMs > MAX_DRAIN_MS) {
    t.lacks(
      `listenerDrainMs is ${listenerDrainMs} ms: start the server with at most ${MAX_DRAIN_MS}, and say so by --timing`,
    );
  }
  return listenerDrainMs;
}

/** The longest that a case waits for the draining of a listener, ms. */
const MAX_DRAIN_MS = 10_000;
/** As many dropped clusters as Fairlead retains for one client, by default. */
const MAX_RETAINED = 1_000;

const COLLECTION = "xdstp://conformance/envoy.config.endpoint.v3.LbEndpoint/b";

export const O1: readonly Case[] = [
  {
    id: "O1",
    says: "a new cluster is sent before the route that leads to it",
    level: "recommended",
    source: SPEC.consistency,
    variants: ADS,
    async run(t) {
      const ads = await inWorld(t);
      await t.given(...world("b", 2));
      const first = await ads.any([CDS, RDS, EDS]);
      t.must(first.typeUrl === CDS, "CDS first", first.typeUrl === RDS ? "RDS" : "EDS");
    },
  },
  {
    id: "O1",
    says: "a route is switched only when the new cluster and its endpoints are acknowledged",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ADS,
    async run(t) {
      const ads = await inWorld(t);
      await t.given(...world("b", 2));
      const clusters = await ads.holding(CDS, withNew(t));
      await ads.silence("no RDS before the ACK of CDS");
      ads.ack(clusters);
      const ends = await askEndpoints(t, ads);
      await ads.silence("no RDS before the ACK of EDS");
      ads.ack(ends);
      await ads.answer(RDS, ["r"]);
    },
  },
  {
    id: "O1",
    says: "a dropped cluster stays until the route is acknowledged",
    level: "recommended",
    source: `${SPEC.consistency}: "providing a CDS/EDS update with both X and Y"`,
    variants: ADS,
    async run(t) {
      const ads = await inWorld(t);
      const route = await toSwitch(t, ads);
      await ads.silence("no removal before the ACK of RDS");
      ads.ack(route);
      await ads.holds(CDS, ["b"], t.timings.removalLingerMs + t.timeoutMs);
    },
  },
  {
    id: "O1",
    says: "a dropped cluster lingers when the route is acknowledged",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ADS,
    async run(t) {
      const ads = await inWorld(t);
      ads.ack(await toSwitch(t, ads));
      await ads.silence("no removal at once");
      await ads.holds(CDS, ["b"], t.timings.removalLingerMs + t.timeoutMs);
    },
  },
  {
    id: "O1",
    says: "clusters of a listener that was changed stay while it drains",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-sotw"],
    async run(t) {
      await t.given(cluster("a"), inlineListener("l", "a"));
      const ads = t.open(CDS);
      ads.subscribe(CDS);
      await ads.answer(CDS, ["a"]);
      ads.subscribe(LDS);
      await ads.answer(LDS, ["l"]);
      await t.given(cluster("b"), inlineListener("l", "b", 2));
      await ads.answer(CDS, ["a", "b"]);
      await ads.answer(LDS, ["l"]);
      const { removalLingerMs, listenerDrainMs } = t.timings;
      await ads.quiet(Math.min(removalLingerMs + 500, listenerDrainMs - 200), "no removal while old connections drain");
    },
  },
  {
    id: "O1",
    says: "endpoints alone confirm a cluster whose CDS ACK does not come",
    level: "fairlead",
    source: `${SPEC.fairlead}: Envoy withholds the CDS ACK while any cluster warms`,
    variants: ADS,
    async run(t) {
      const ads = await inWorld(t);
      await t.given(...world("b", 2));
      await ads.holding(CDS, withNew(t));
      ads.ack(await askEndpoints(t, ads));
      const route = await ads.within(longSilence(t), RDS);
      t.must(route.resources.length === 1, "the route", "none");
    },
  },
  {
    id: "O1",
    says: "changes of endpoints wait for nothing",
    level: "fairlead",
    source: `${SPEC.fairlead}; ${SPEC.consistency}: "can be pushed independently"`,
    variants: ADS,
    async run(t) {
      const ads = await inWorld(t);
      await t.given(edsCluster("a"), cluster("b"), endpoints("a", 2), listener("l", "r"), routes("r", "b", 2));
      await ads.holding(CDS, withNew(t));
      await ads.holding(EDS, ["a"]);
    },
  },
  {
    id: "O1",
    says: "after a CDS NACK only what needs the rejected cluster waits",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ADS,
    async run(t) {
      await t.given(cluster("a"), listener("l", "r"), routes("r", "a"), routes("q", "a"));
      const ads = t.open(CDS);
      ads.subscribe(CDS);
      await ads.answer(CDS, ["a"]);
      ads.subscribe(LDS);
      await ads.answer(LDS, ["l"]);
      ads.subscribe(RDS, ["r", "q"]);
      await ads.answer(RDS, ["r", "q"]);
      await t.given(cluster("a"), cluster("b"), listener("l", "r"), routes("r", "b", 2), routes("q", "a", 2));
      const clusters = await ads.holding(CDS, withNew(t));
      ads.nack(clusters, "Error adding/updating cluster(s) b: it is bad");
      await ads.answer(RDS, ["q"]);
      await ads.silence("no route to the rejected cluster");
    },
  },
  {
    id: "O1",
    says: "what is refused of a later response leaves a cluster to wait for the endpoints that both take",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-delta"],
    async run(t) {
      const ads = await inWorld(t);
      const swapped = [edsCluster("b", 1, "e"), endpoints("e"), listener("l", "r"), routes("r", "b", 2)];
      await t.given(...swapped);
      ads.ack(await ads.holding(CDS, ["b"]));
      await t.given(...swapped, edsCluster("x", 1, "e"));
      ads.nack(await ads.holding(CDS, ["x"]), "Error adding/updating cluster(s) x: it is bad");
      await ads.silence("no RDS before the endpoints of b");
      ads.subscribe(EDS, ["e"]);
      ads.ack(await ads.holding(EDS, ["e"]));
      await ads.answer(RDS, ["r"]);
    },
  },
  {
    id: "O1",
    says: "after an RDS NACK the old route's cluster stays",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ADS,
    async run(t) {
      const ads = await inWorld(t);
      ads.nack(await toSwitch(t, ads));
      await ads.quiet(t.timings.removalLingerMs + 300, "no removal of what the last acknowledged route names");
    },
  },
  {
    id: "O1",
    says: "what a rejected route names stays, too",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-sotw"],
    async run(t) {
      const ads = await inWorld(t);
      ads.nack(await toSwitch(t, ads));
      await t.given(...world("a", 3), cluster("c"));
      const clusters = await ads.response(CDS);
      const names = clusters.resources.map(({ name }) => name).sort();
      t.must(names.includes("b"), "CDS with b, which the rejected route names", names.join(" "));
    },
  },
  {
    id: "O1",
    says: "secrets come before the clusters that use them",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ADS,
    async run(t) {
      await t.given(cluster("a"), secret("s", "1"));
      const ads = t.open(CDS);
      ads.subscribe(SDS, ["s"]);
      await ads.answer(SDS, ["s"]);
      ads.subscribe(CDS);
      await ads.answer(CDS, ["a"]);
      await t.given(cluster("a", 2), secret("s", "2"));
      const first = await ads.any([CDS, SDS]);
      t.must(first.typeUrl === SDS, "SDS first", "CDS");
    },
  },
  {
    id: "O1",
    says: "a name that exists only in the newest state is answered from it, and not as missing",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-delta"],
    async run(t) {
      const ads = await inWorld(t);
      await t.given(...world("b", 2), routes("new", "b"));
      await ads.holding(CDS, ["b"]);
      ads.subscribe(RDS, ["new"]);
      await ads.holding(RDS, ["new"]);
    },
  },
  {
    id: "O1",
    says: "a client that names its clusters is not made to wait for endpoints that it can't ask for yet",
    level: "fairlead",
    source: `${SPEC.fairlead}: gRPC clients ask LDS, RDS, CDS, EDS, one after the other`,
    variants: ADS,
    async run(t) {
      await t.given(...world("a"));
      const ads = t.open(LDS);
      for (const [type, name] of [
        [LDS, "l"],
        [RDS, "r"],
        [CDS, "a"],
        [EDS, "a"],
      ] as const) {
        ads.subscribe(type, [name]);
        await ads.answer(type, [name]);
      }
      await t.given(...world("a"), edsCluster("b"), endpoints("b"));
      await t.given(
        edsCluster("a"),
        endpoints("a"),
        edsCluster("b"),
        endpoints("b"),
        listener("l", "r"),
        routes("r", "b", 2),
      );
      ads.ack(await ads.holding(RDS, ["r"]));
      ads.subscribe(CDS, t.mode === "sotw" ? ["a", "b"] : ["b"]);
      await ads.until("cluster b", [CDS], () => ads.held(CDS).has("b"));
      ads.subscribe(EDS, t.mode === "sotw" ? ["a", "b"] : ["b"]);
      await ads.until("its endpoints", [EDS], () => ads.held(EDS).has("b"));
    },
  },
  {
    id: "O1",
    says: "who only watches is sent everything at once",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-sotw"],
    async run(t) {
      await t.given(cluster("a"), routes("r", "a"));
      const ads = t.open(CDS, { userAgent: "fairlead-watch" });
      ads.subscribe(CDS);
      await ads.answer(CDS, ["a"]);
      ads.subscribe(RDS, ["r"]);
      await ads.answer(RDS, ["r"]);
      await t.given(cluster("b"), routes("r", "b", 2));
      await ads.holding(CDS, ["b"]);
      await ads.holding(RDS, ["r"]);
    },
  },
  {
    id: "O1",
    says: "endpoints that two new clusters share end the silence of neither",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ADS,
    async run(t) {
      const ads = await inWorld(t);
      const shared = [edsCluster("b", 1, "e"), edsCluster("c", 1, "e"), endpoints("e")];
      await t.given(edsCluster("a"), endpoints("a"), ...shared, listener("l", "r"), routes("r", "b", 2));
      await ads.holding(CDS, t.mode === "sotw" ? ["a", "b", "c"] : ["b", "c"]);
      ads.subscribe(EDS, t.mode === "sotw" ? ["a", "e"] : ["e"]);
      ads.ack(await ads.holding(EDS, ["e"]));
      await ads.quiet(t.timings.silenceMs + 700, "no RDS while the clusters are not acknowledged");
    },
  },
  {
    id: "O1",
    says: "what a response in flight replaces stays until its ACK",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-delta"],
    async run(t) {
      await t.given(cluster("x"), cluster("y"), aggregateCluster("all", "x"), inlineListener("l", "all"));
      const ads = t.open(CDS);
      ads.subscribe(CDS);
      await ads.answer(CDS, ["all", "x", "y"]);
      ads.subscribe(LDS);
      await ads.answer(LDS, ["l"]);
      await t.given(cluster("y"), aggregateCluster("all", "y"), inlineListener("l", "all"));
      const changed = await ads.holding(CDS, ["all"]);
      const { silenceMs, removalLingerMs } = t.timings;
      await ads.quiet(silenceMs + removalLingerMs + 500, "no removal of x, which the old cluster leads to");
      ads.ack(changed);
      await ads.holds(CDS, ["all", "y"], removalLingerMs + t.timeoutMs);
    },
  },
  {
    id: "O1",
    says: "a removal waits for the routes that a listener makes the client ask for",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-delta"],
    async run(t) {
      const waitMs = drainMs(t) + t.timings.removalLingerMs + 500;
      await t.given(cluster("a"), cluster("b"), inlineListener("l", "a"));
      const ads = t.open(CDS);
      ads.subscribe(CDS);
      await ads.answer(CDS, ["a", "b"]);
      ads.subscribe(LDS);
      await ads.answer(LDS, ["l"]);
      await t.given(cluster("b"), listener("l", "q", 2), routes("q", "b"));
      await ads.answer(LDS, ["l"]);
      await ads.quiet(Math.min(waitMs, t.timings.deadlineMs - 1_000), "no removal before the client has its route");
      ads.subscribe(RDS, ["q"]);
      await ads.answer(RDS, ["q"]);
      await ads.holds(CDS, ["b"], waitMs + t.timeoutMs);
    },
  },
  {
    id: "O1",
    says: "a removed route that is still subscribed keeps its clusters",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-sotw"],
    async run(t) {
      const waitMs = drainMs(t) + t.timings.removalLingerMs + 700;
      await t.given(cluster("a"), cluster("b"), listener("l", "r"), inlineListener("m", "b", 2), routes("r", "a"));
      const ads = t.open(CDS);
      ads.subscribe(CDS);
      await ads.answer(CDS, ["a", "b"]);
      ads.subscribe(LDS);
      await ads.answer(LDS, ["l", "m"]);
      ads.subscribe(RDS, ["r"]);
      await ads.answer(RDS, ["r"]);
      await t.given(cluster("b"), inlineListener("m", "b", 2));
      await ads.answer(LDS, ["m"]);
      await ads.quiet(waitMs, "no removal of what a subscribed route names");
      ads.subscribe(RDS, []);
      await ads.holds(CDS, ["b"], waitMs + t.timeoutMs);
    },
  },
  {
    id: "O1",
    says: "no more dropped clusters are retained than the limit",
    level: "fairlead",
    source: `${SPEC.fairlead}: maxRetainedClusters`,
    variants: ["ads-sotw"],
    async run(t) {
      const many = Array.from({ length: MAX_RETAINED + 2 }, (_, index) => `old-${index}`);
      await t.given(...many.map((name) => cluster(name)), listener("l", "r"), routes("r", "old-0"));
      const ads = t.open(CDS);
      ads.subscribe(CDS);
      await ads.answer(CDS, many);
      ads.subscribe(LDS);
      await ads.answer(LDS, ["l"]);
      ads.subscribe(RDS, ["r"]);
      await ads.answer(RDS, ["r"]);
      await t.given(cluster("new"), listener("l", "r"), routes("r", "new", 2));
      const { resources } = await ads.response(CDS);
      t.must(
        resources.some(({ name }) => name === "new"),
        "the new cluster",
        "none",
      );
      t.must(resources.length <= MAX_RETAINED + 1, `${MAX_RETAINED} old clusters at most`, `${resources.length - 1}`);
    },
  },
  {
    id: "O1",
    says: "a route does not wait for endpoints that a client, which names its clusters, has not asked for",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-delta"],
    async run(t) {
      await t.given(...world("a"));
      const ads = t.open(CDS);
      ads.subscribe(RDS, ["r"]);
      await ads.answer(RDS, ["r"]);
      ads.subscribe(CDS, ["a", "later"]);
      await ads.answer(CDS, ["a"], ["later"]);
      await t.given(...world("later", 2), edsCluster("a"), endpoints("a"));
      await ads.answer(CDS, ["later"]);
      await ads.answer(RDS, ["r"]);
    },
  },
  {
    id: "O1",
    says: "a route waits for the collection that holds the new cluster's endpoints",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-delta"],
    async run(t) {
      const ads = await inWorld(t);
      const parts = [endpointsOf("b", `${COLLECTION}/*`), localityEndpoint(`${COLLECTION}/1`)];
      await t.given(edsCluster("b"), ...parts, listener("l", "r"), routes("r", "b", 2));
      ads.ack(await ads.holding(CDS, ["b"]));
      ads.ack(await askEndpoints(t, ads));
      await ads.silence("no RDS before the ACK of LEDS");
      ads.subscribe(LEDS, [`${COLLECTION}/*`]);
      await ads.answer(LEDS, [`${COLLECTION}/1`]);
      await ads.answer(RDS, ["r"]);
    },
  },
  {
    id: "O1",
    says: "what one answer rejected is not taken with the rejection of another",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-sotw"],
    async run(t) {
      const both = (r: string, q: string, edition: number) => [routes("r", r, 2), routes("q", q, edition)];
      await t.given(edsCluster("a"), endpoints("a"), routes("r", "a"), routes("q", "a"));
      const ads = t.open(CDS);
      ads.subscribe(CDS);
      await ads.answer(CDS, ["a"]);
      ads.subscribe(EDS, ["a"]);
      await ads.answer(EDS, ["a"]);
      ads.subscribe(RDS, ["r", "q"]);
      await ads.answer(RDS, ["r", "q"]);
      const three = ["a", "b", "c"].flatMap((name) => [edsCluster(name), endpoints(name)]);
      await t.given(...three, cluster("gone"), ...both("b", "gone", 2));
      const first = await ads.holding(CDS, ["a", "b", "c", "gone"]);
      ads.subscribe(EDS, ["a", "c"]);
      const open = await ads.holding(EDS, ["c"]);
      ads.nack(first, "Error adding/updating cluster(s) b: no; gone: no");
      await t.given(...three, edsCluster("bad"), endpoints("bad"), ...both("b", "a", 3));
      const second = await ads.holding(CDS, ["a", "b", "bad", "c"]);
      ads.subscribe(EDS, ["a", "b", "c"]);
      ads.nack(second, "Error adding/updating cluster(s) bad: no");
      ads.ack(open);
      const ends = await ads.holding(EDS, ["b"]);
      await ads.silence("no RDS while b, which was taken only now, warms");
      ads.ack(ends);
      await ads.answer(RDS, ["r", "q"]);
    },
  },
  {
    id: "O1",
    says: "a client that names its listeners comes back, and waits for no clusters, which it can't ask for yet",
    level: "fairlead",
    source: `${SPEC.fairlead}: gRPC clients ask LDS, RDS, CDS, EDS, one after the other`,
    variants: ADS,
    async run(t) {
      await t.given(...world("a"));
      const ads = t.open(LDS);
      for (const [type, name] of [
        [LDS, "l"],
        [RDS, "r"],
      ] as const) {
        if (t.mode === "sotw") ads.sendSotw({ typeUrl: type, resourceNames: [name], versionInfo: "of before" });
        else
          ads.sendDelta({ typeUrl: type, subscribe: [name], initialResourceVersions: new Map([[name, "of before"]]) });
        const { nonce, version } = await ads.holding(type, [name]);
        if (t.mode === "sotw") ads.sendSotw({ typeUrl: type, resourceNames: [name], versionInfo: version, nonce });
        else ads.sendDelta({ typeUrl: type, nonce });
      }
    },
  },
  {
    id: "O1",
    says: "what a client that comes back rejects leaves it with listeners that may name anything, and that drain",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-sotw"],
    async run(t) {
      const { removalLingerMs } = t.timings;
      const drainingMs = drainMs(t);
      await t.given(cluster("a"), cluster("b"));
      const ads = t.open(CDS);
      ads.sendSotw({ typeUrl: CDS, versionInfo: "of before" });
      await ads.answer(CDS, ["a", "b"]);
      ads.sendSotw({ typeUrl: LDS, versionInfo: "of before" });
      ads.nack(await ads.holding(LDS, []));
      await t.given(cluster("b"));
      await ads.quiet(drainingMs + removalLingerMs + 500, "no removal of what they may name");
      await t.given(cluster("b"), inlineListener("m", "b"));
      await ads.answer(LDS, ["m"]);
      await ads.quiet(Math.min(removalLingerMs + 700, drainingMs - 200), "no removal while they drain");
    },
  },
  {
    id: "O1",
    says: "a client that names its clusters is given one that its routes named when it was dropped",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ADS,
    async run(t) {
      await t.given(...world("a"));
      const ads = t.open(LDS);
      for (const [type, name] of [
        [LDS, "l"],
        [RDS, "r"],
        [CDS, "a"],
        [EDS, "a"],
      ] as const) {
        ads.subscribe(type, [name]);
        await ads.answer(type, [name]);
      }
      await t.given(...world("b", 2));
      const toB = await ads.holding(RDS, ["r"]);
      await t.given(...world("c", 3));
      ads.ack(toB);
      ads.subscribe(CDS, t.mode === "sotw" ? ["a", "b"] : ["b"]);
      await ads.holding(CDS, withNew(t));
    },
  },
];
