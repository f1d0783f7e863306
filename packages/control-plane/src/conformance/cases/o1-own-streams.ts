import { type Case, SPEC } from "../case.ts";
import { CDS, cluster, dnsCluster, EDS, edsCluster, endpoints, RDS, routes, withNew } from "../resources.ts";

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
      const cds = t.open(CDS, { channel });
      cds.subscribe(CDS);
      await cds.answer(CDS, ["a"]);
      const rds = t.open(RDS, { channel });
      rds.subscribe(RDS, ["r"]);
      await rds.answer(RDS, ["r"]);
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
      const cds = t.open(CDS, { channel });
      cds.subscribe(CDS);
      await cds.answer(CDS, ["a"]);
      const rds = t.open(RDS, { channel });
      rds.subscribe(RDS, ["r"]);
      await rds.answer(RDS, ["r"]);
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
      const cds = t.open(CDS, { channel });
      cds.subscribe(CDS);
      await cds.answer(CDS, ["a"]);
      const eds = t.open(EDS, { channel });
      eds.subscribe(EDS, ["a"]);
      await eds.answer(EDS, ["a"]);
      const rds = t.open(RDS, { channel });
      rds.subscribe(RDS, ["r"]);
      await rds.answer(RDS, ["r"]);
      await t.given(edsCluster("a", 2), endpoints("a", 2), routes("r", "a", 2));
      cds.ack(await cds.holding(CDS, ["a"]));
      await eds.answer(EDS, ["a"]);
      await rds.quiet(t.timings.warmGraceMs + 700, "no RDS until the client asks for the endpoints anew");
      const anew = t.open(EDS, { channel });
      anew.subscribe(EDS, ["a"]);
      await anew.answer(EDS, ["a"]);
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
      const cds = t.open(CDS, { channel });
      cds.subscribe(CDS);
      await cds.answer(CDS, ["a"]);
      const takeEndpoints = async () => {
        const eds = t.open(EDS, { channel });
        eds.subscribe(EDS, ["e"]);
        await eds.answer(EDS, ["e"]);
      };
      await takeEndpoints();
      const rds = t.open(RDS, { channel });
      rds.subscribe(RDS, ["r"]);
      await rds.answer(RDS, ["r"]);
      await given("b", 2);
      cds.ack(await cds.holding(CDS, withNew(t)));
      await given("c", 3);
      cds.ack(await cds.holding(CDS, t.mode === "sotw" ? ["a", "b", "c"] : ["c"]));
      await takeEndpoints();
      await rds.quiet(t.timings.warmGraceMs + 700, "no RDS before the last of the new clusters asks for its endpoints");
      await takeEndpoints();
      await rds.answer(RDS, ["r"]);
    },
  },
];
