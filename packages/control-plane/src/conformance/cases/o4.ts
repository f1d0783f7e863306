import { ADS, type Case, SPEC } from "../case.ts";
import type { Dialogue } from "../dialogue.ts";
import { CDS, cluster, EDS, endpoints } from "../resources.ts";
import type { Trial } from "../trial.ts";

const TP1 = "xDS proposal TP1 (xdstp:// names)";
const E = "xdstp://conformance/envoy.config.endpoint.v3.ClusterLoadAssignment";
const C = "xdstp://conformance/envoy.config.cluster.v3.Cluster";

/** By then a server has taken up the last ACK, ms: one that is late would bring what the change itself has to. */
const TAKEN_UP_MS = 100;

/** A server need not know these names: then it answers a name that it holds as it stands, at most. */
async function orLacks(t: Trial, what: string, answer: Promise<unknown>, stream: Dialogue, name: string) {
  try {
    await answer;
  } catch (error) {
    if (stream.sent(CDS, name) === 0 && stream.sent(EDS, name) === 0) t.lacks(what);
    throw error;
  }
}

export const O4: readonly Case[] = [
  {
    id: "O4",
    says: "an xdstp:// name is answered",
    level: "spec",
    source: TP1,
    variants: ADS,
    async run(t) {
      await t.given(endpoints(`${E}/a`));
      const stream = t.open(EDS);
      stream.subscribe(EDS, [`${E}/a`]);
      await stream.answer(EDS, [`${E}/a`]);
    },
  },
  {
    id: "O4",
    says: "context parameters mean the same in any order, and the answer has the client's spelling",
    level: "fairlead",
    source: `${SPEC.fairlead}; ${TP1}`,
    variants: ["ads-delta"],
    async run(t) {
      const [one, other] = [`${E}/a?zone=1&env=x`, `${E}/a?env=x&zone=1`];
      await t.given(endpoints(one));
      for (const name of [one, other]) {
        const stream = t.open(EDS);
        stream.subscribe(EDS, [name]);
        await orLacks(t, "names are compared as they are spelled", stream.answer(EDS, [name]), stream, name);
        await stream.close();
      }
    },
  },
  {
    id: "O4",
    says: "a glob is answered by the collection, and followed",
    level: "fairlead",
    source: `${SPEC.fairlead}; ${TP1}`,
    variants: ADS,
    async run(t) {
      const [a, b, c, outside] = [`${C}/web/a`, `${C}/web/b`, `${C}/web/c`, `${C}/d`];
      await t.given(cluster(a), cluster(b), cluster(outside));
      const stream = t.open(CDS);
      stream.subscribe(CDS, [`${C}/web/*`]);
      await orLacks(t, "globs are not followed", stream.answer(CDS, [a, b]), stream, a);
      await stream.settled();
      await stream.quiet(TAKEN_UP_MS);
      await t.given(cluster(a), cluster(b), cluster(c), cluster(outside, 2));
      await stream.answer(CDS, t.mode === "sotw" ? [a, b, c] : [c]);
    },
  },
  {
    id: "O4",
    says: "an empty collection is told as removed, and its first member is sent",
    level: "fairlead",
    source: `${SPEC.fairlead}; ${TP1}`,
    variants: ["ads-delta"],
    async run(t) {
      await t.given(cluster("a"));
      const stream = t.open(EDS);
      const glob = `${E}/web/*`;
      stream.subscribe(EDS, [glob]);
      await stream.answer(EDS, [], [glob]);
      await stream.settled();
      await stream.quiet(TAKEN_UP_MS);
      await t.given(cluster("a"), endpoints(`${E}/web/a`));
      await stream.answer(EDS, [`${E}/web/a`]);
    },
  },
];
