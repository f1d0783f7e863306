import type { Channel } from "@fairlead/xds";
import { type Case, SPEC } from "../case.ts";
import type { Dialogue } from "../dialogue.ts";
import {
  CDS,
  cluster,
  dnsCluster,
  EDS,
  edsCluster,
  endpoints,
  LDS,
  listener,
  RDS,
  routes,
  withNew,
} from "../resources.ts";
import type { Trial } from "../trial.ts";

/** O1 for who asks on a stream per type. */
export const O1_OWN_STREAMS: readonly Case[] = [
  {
    id: "O1",
    says: "streams of one type each belong to one client: the route waits for the cluster",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["own-sotw", "own-delta"],
    async run(t) {
      await t.given(cluster("a"), routes("r", "a"));
      const channel = t.connect();
      const cds = await taking(t, channel, CDS, ["a"]);
      const rds = await taking(t, channel, RDS, ["r"]);
      await t.given(cluster("b"), routes("r", "b", 2));
      const clusters = await cds.holding(CDS, withNew(t));
      await rds.silence("no RDS before the ACK of CDS");
      cds.ack(clusters);
      await rds.answer(RDS, ["r"]);
    },
  },
  {
    id: "O1",
    says: "on a stream per type a cluster that warms without a sign is given time",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["own-sotw"],
    async run(t) {
      await t.given(cluster("a"), routes("r", "a"));
      const channel = t.connect();
      const cds = await taking(t, channel, CDS, ["a"]);
      const rds = await taking(t, channel, RDS, ["r"]);
      await t.given(dnsCluster("b"), routes("r", "b", 2));
      cds.ack(await cds.holding(CDS, ["a", "b"]));
      await rds.quiet(t.timings.warmGraceMs / 2, "no RDS while the cluster resolves its name");
      await rds.answer(RDS, ["r"]);
    },
  },
  {
    id: "O1",
    says: "endpoints that were not asked for anew do not prove a changed cluster, on a stream of their own",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["own-sotw"],
    async run(t) {
      await t.given(edsCluster("a", 1), endpoints("a", 1), routes("r", "a", 1));
      const channel = t.connect();
      const cds = await taking(t, channel, CDS, ["a"]);
      const eds = await taking(t, channel, EDS, ["a"]);
      const rds = await taking(t, channel, RDS, ["r"]);
      await t.given(edsCluster("a", 2), endpoints("a", 2), routes("r", "a", 2));
      cds.ack(await cds.holding(CDS, ["a"]));
      await eds.answer(EDS, ["a"]);
      await rds.quiet(t.timings.warmGraceMs + 700, "no RDS until the client asks for the endpoints anew");
      await taking(t, channel, EDS, ["a"]); // anew
      await rds.answer(RDS, ["r"]);
    },
  },
  {
    id: "O1",
    says: "clusters that share their endpoints are each waited for, on a stream of their own",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["own-sotw", "own-delta"],
    async run(t) {
      const given = (name: string, edition: number) =>
        t.given(edsCluster(name, 1, "e"), endpoints("e"), routes("r", name, edition));
      await given("a", 1);
      const channel = t.connect();
      const cds = await taking(t, channel, CDS, ["a"]);
      await taking(t, channel, EDS, ["e"]);
      const rds = await taking(t, channel, RDS, ["r"]);
      await given("b", 2);
      cds.ack(await cds.holding(CDS, withNew(t)));
      await given("c", 3);
      cds.ack(await cds.holding(CDS, t.mode === "sotw" ? ["a", "b", "c"] : ["c"]));
      await taking(t, channel, EDS, ["e"]);
      await rds.quiet(t.timings.warmGraceMs + 700, "no RDS before the last of the new clusters asks for its endpoints");
      await taking(t, channel, EDS, ["e"]);
      await rds.answer(RDS, ["r"]);
    },
  },
  {
    id: "O1",
    says: "routes of a client that came back wait for its stream for clusters, and what it has does not",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["own-sotw"],
    async run(t) {
      await t.given(cluster("a"), routes("r", "a"));
      const before = t.open(RDS);
      before.subscribe(RDS, ["r"]);
      const { version } = await before.answer(RDS, ["r"]);
      await before.close();
      const channel = t.connect();
      const rds = await returning(t, channel, RDS, "r", version);
      await t.given(cluster("b"), routes("r", "b", 2));
      await rds.silence("no RDS before the client asks for clusters");
      const cds = t.open(CDS, { channel });
      cds.sendSotw({ typeUrl: CDS, versionInfo: "of-before" });
      const clusters = await cds.holding(CDS, ["a", "b"]);
      await rds.silence("no RDS before the ACK of CDS");
      cds.ack(clusters);
      await rds.answer(RDS, ["r"]);
    },
  },
  {
    id: "O1",
    says: "a stream for endpoints that came back is not that of a new cluster which takes the same",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["own-sotw"],
    async run(t) {
      await t.given(edsCluster("a", 1, "e"), endpoints("e"), routes("r", "a"));
      const channel = t.connect();
      const cds = await taking(t, channel, CDS, ["a"]);
      const eds = t.open(EDS, { channel });
      eds.subscribe(EDS, ["e"]);
      const { version } = await eds.answer(EDS, ["e"]);
      const rds = await taking(t, channel, RDS, ["r"]);
      await t.given(edsCluster("b", 1, "e"), endpoints("e"), routes("r", "b", 2));
      cds.ack(await cds.holding(CDS, withNew(t)));
      await eds.close();
      await returning(t, channel, EDS, "e", version);
      await rds.silence("no RDS before the new cluster asks for its endpoints");
      await taking(t, channel, EDS, ["e"]);
      await rds.answer(RDS, ["r"]);
    },
  },
  {
    id: "O1",
    says: "when a stream for routes breaks alone, what its routes named stays until it is back",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["own-sotw"],
    async run(t) {
      await t.given(cluster("a"), listener("l", "r"), routes("r", "a"));
      const channel = t.connect();
      const cds = await taking(t, channel, CDS, ["a"]);
      const lds = t.open(LDS, { channel });
      lds.subscribe(LDS);
      await lds.answer(LDS, ["l"]);
      const rds = await taking(t, channel, RDS, ["r"]);
      await rds.close();
      await t.given(cluster("b"), listener("l", "r"), routes("r", "b", 2));
      cds.ack(await cds.holding(CDS, ["a", "b"]));
      await cds.quiet(t.timings.removalLingerMs + 700, "no removal of what the route names");
      await taking(t, channel, RDS, ["r"]);
      await cds.holds(CDS, ["b"], t.timings.removalLingerMs + t.timeoutMs);
    },
  },
];

/** A stream of one type that took what there is of these names; of clusters, of all. */
async function taking(t: Trial, channel: Channel, typeUrl: string, names: readonly string[]): Promise<Dialogue> {
  const stream = t.open(typeUrl, { channel });
  if (typeUrl === CDS) stream.subscribe(CDS);
  else stream.subscribe(typeUrl, names);
  await stream.answer(typeUrl, names);
  return stream;
}

/** A stream of one type that comes back for a name with that version, and took what there is; in SotW. */
async function returning(t: Trial, channel: Channel, typeUrl: string, name: string, before: string): Promise<Dialogue> {
  const stream = t.open(typeUrl, { channel });
  const resourceNames = [name];
  stream.sendSotw({ typeUrl, versionInfo: before, resourceNames });
  const { version, nonce } = await stream.holding(typeUrl, [name]);
  stream.sendSotw({ typeUrl, versionInfo: version, nonce, resourceNames });
  return stream;
}
