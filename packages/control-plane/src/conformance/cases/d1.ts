import { type Case, DELTA, SPEC } from "../case.ts";
import { CDS, cluster, EDS, endpoints, LDS, listener, RTDS, runtime } from "../resources.ts";

export const D1: readonly Case[] = [
  {
    id: "D1",
    says: "who returns is sent what differs, and told what was deleted",
    level: "spec",
    source: SPEC.delta,
    variants: DELTA,
    async run(t) {
      await t.given(endpoints("same"), endpoints("changed", 1), endpoints("deleted"));
      const before = t.open(EDS);
      before.subscribe(EDS, ["same", "changed", "deleted"]);
      await before.answer(EDS, ["same", "changed", "deleted"]);
      const had = [...before.held(EDS)].map(([name, { version }]) => [name, version] as const);
      await before.close();
      await t.given(endpoints("same"), endpoints("changed", 2));
      const stream = t.open(EDS);
      const initialResourceVersions = new Map(had);
      stream.sendDelta({ typeUrl: EDS, subscribe: ["same", "changed", "deleted"], initialResourceVersions });
      await stream.answer(EDS, ["changed"], ["deleted"]);
      await stream.silence("nothing of what the client has");
    },
  },
  {
    id: "D1",
    says: "who returns to all clusters is sent what differs, and told what was deleted",
    level: "spec",
    source: SPEC.delta,
    variants: DELTA,
    async run(t) {
      await t.given(cluster("same"), cluster("changed", 1), cluster("deleted"));
      const before = t.open(CDS);
      before.subscribe(CDS);
      await before.answer(CDS, ["same", "changed", "deleted"]);
      const had = [...before.held(CDS)].map(([name, { version }]) => [name, version] as const);
      await before.close();
      await t.given(cluster("same"), cluster("changed", 2));
      const stream = t.open(CDS);
      stream.sendDelta({ typeUrl: CDS, initialResourceVersions: new Map([...had, ["unheard-of", "1"]]) });
      const isTold = () =>
        stream.held(CDS).has("changed") && stream.told(CDS, "deleted") && stream.told(CDS, "unheard-of");
      // Fairlead keeps clusters for a client that may hold routes to them, until it has been silent for long enough.
      const timeoutMs = t.timings.returnDeadlineMs + t.timeoutMs;
      await stream.until("the changed cluster, and the deleted ones told", [CDS], isTold, timeoutMs);
      t.must(!stream.held(CDS).has("same"), "nothing of what the client has", "same");
    },
  },
  {
    id: "D1",
    says: "who returns to all listeners is told what was deleted",
    level: "spec",
    source: SPEC.delta,
    variants: DELTA,
    async run(t) {
      await t.given(listener("same", "r", 1), listener("deleted", "r", 2));
      const before = t.open(LDS);
      before.subscribe(LDS);
      await before.answer(LDS, ["same", "deleted"]);
      const had = [...before.held(LDS)].map(([name, { version }]) => [name, version] as const);
      await before.close();
      await t.given(listener("same", "r", 1));
      const stream = t.open(LDS);
      stream.sendDelta({ typeUrl: LDS, initialResourceVersions: new Map([...had, ["unheard-of", "1"]]) });
      const isTold = () => stream.told(LDS, "deleted") && stream.told(LDS, "unheard-of");
      await stream.until("both to be told as removed", [LDS], isTold, t.timings.deadlineMs + t.timeoutMs);
    },
  },
  {
    id: "D1",
    says: "who returns to all of a type is told at once what was deleted of it, if nothing can refer to that",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-delta"],
    async run(t) {
      await t.given(runtime("same"), runtime("deleted"));
      const before = t.open(RTDS);
      before.subscribe(RTDS, ["*"]);
      await before.answer(RTDS, ["same", "deleted"]);
      const had = [...before.held(RTDS)].map(([name, { version }]) => [name, version] as const);
      await before.close();
      await t.given(runtime("same"));
      const stream = t.open(RTDS);
      const initialResourceVersions = new Map([...had, ["unheard-of", "1"]]);
      stream.sendDelta({ typeUrl: RTDS, subscribe: ["*"], initialResourceVersions });
      await stream.answer(RTDS, [], ["deleted", "unheard-of"]);
    },
  },
  {
    id: "D1",
    says: "versions in a later request are ignored",
    level: "spec",
    source: `${SPEC.discovery}: initial_resource_versions`,
    variants: DELTA,
    async run(t) {
      await t.given(endpoints("a"), endpoints("b"));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a"]);
      await stream.answer(EDS, ["a"]);
      const { version } = stream.held(EDS).get("a")!;
      stream.sendDelta({ typeUrl: EDS, subscribe: ["b"], initialResourceVersions: new Map([["b", version]]) });
      await stream.answer(EDS, ["b"]);
    },
  },
];
