import { type Case, SPEC } from "../case.ts";
import { CDS, cluster, EDS, edsCluster, endpoints, RDS, routes } from "../resources.ts";
import type { Trial } from "../trial.ts";

/** O1 for who polls. */
export const O1_REST: readonly Case[] = [
  {
    id: "O1",
    says: "by REST a route is switched when the next poll's version confirms the new cluster",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["rest"],
    async run(t) {
      const { clusters, route } = await polledWorld(t);
      await t.unchanged(RDS, ["r"], route);
      const both = await t.polled(CDS, ["a", "b"], clusters, []);
      await t.unchanged(RDS, ["r"], route);
      await t.unchanged(CDS, [], both);
      await t.polled(RDS, ["r"], route);
    },
  },
  {
    id: "O1",
    says: "by REST an answer that may be lost is given again, and then presumed rejected until the content changes",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["rest"],
    async run(t) {
      const { clusters } = await polledWorld(t);
      await t.polled(CDS, ["a", "b"], clusters, []);
      await t.polled(CDS, ["a", "b"], clusters, []);
      await t.unchanged(CDS, [], clusters);
      await t.given(cluster("b", 3), routes("r", "b", 2));
      await t.polled(CDS, ["a", "b"], clusters, []);
    },
  },
  {
    id: "O1",
    says: "by REST a presumed rejection is taken back when its version is polled",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["rest"],
    async run(t) {
      const { clusters, route } = await polledWorld(t);
      const both = await t.polled(CDS, ["a", "b"], clusters, []);
      await t.polled(CDS, ["a", "b"], clusters, []);
      await t.unchanged(CDS, [], clusters);
      await t.unchanged(RDS, ["r"], route);
      await t.unchanged(CDS, [], both);
      await t.polled(RDS, ["r"], route);
    },
  },
  {
    id: "O1",
    says: "by REST a poll with the version of before does not confirm the endpoints of a changed cluster",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["rest"],
    async run(t) {
      await t.given(edsCluster("a"), endpoints("a"), routes("r", "a"));
      const clusters = await t.polled(CDS, ["a"], undefined, []);
      const route = await t.polled(RDS, ["r"]);
      const ends = await t.polled(EDS, ["a"]);
      await t.unchanged(CDS, [], clusters);
      await t.unchanged(RDS, ["r"], route);
      await t.unchanged(EDS, ["a"], ends);
      await t.given(edsCluster("a", 2), endpoints("a"), routes("r", "a", 2));
      await t.unchanged(CDS, [], await t.polled(CDS, ["a"], clusters, []));
      const startedMs = performance.now();
      await t.polled(EDS, ["a"]); // the changed cluster, for itself
      await t.unchanged(EDS, ["a"], ends); // that of before, which goes on
      const answer = await t.poll(RDS, ["r"], route);
      // Only for so long can it be another's: on a machine slower than that nothing can be told.
      const isInTime = performance.now() - startedMs < t.timings.warmGraceMs;
      t.must(!isInTime || answer.kind === "unchanged", "304", "200 with the route");
    },
  },
];

/** A polling client that took cluster a and its route, and is to be led to b. */
async function polledWorld(t: Trial) {
  await t.given(cluster("a"), routes("r", "a"));
  const clusters = await t.polled(CDS, ["a"], undefined, []);
  const route = await t.polled(RDS, ["r"]);
  await t.unchanged(CDS, [], clusters);
  await t.unchanged(RDS, ["r"], route);
  await t.given(cluster("b"), routes("r", "b", 2));
  return { clusters, route };
}
