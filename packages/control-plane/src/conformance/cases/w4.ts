import { type Case, SOTW, SPEC } from "../case.ts";
import { CDS, cluster, EDS, endpoints } from "../resources.ts";

export const W4: readonly Case[] = [
  {
    id: "W4",
    says: "a name that does not exist yet is sent when it is created",
    level: "spec",
    source: SPEC.missing,
    variants: SOTW,
    async run(t) {
      await t.given(cluster("c"));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a"]);
      await stream.settled();
      await t.given(cluster("c"), endpoints("a"));
      await stream.until("a to be sent", [EDS], () => stream.held(EDS).has("a"));
    },
  },
  {
    id: "W4",
    says: "endpoints that are created beside others that exist are sent",
    level: "spec",
    source: SPEC.missing,
    variants: SOTW,
    async run(t) {
      await t.given(endpoints("a"));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a", "b"]);
      await stream.answer(EDS, ["a"]);
      await t.given(endpoints("a"), endpoints("b"));
      await stream.until("b to be sent", [EDS], () => stream.held(EDS).has("b"));
    },
  },
  {
    id: "W4",
    says: "clusters by name are answered at once, though one is missing",
    level: "recommended",
    source: SPEC.missing,
    variants: SOTW,
    async run(t) {
      await t.given(cluster("a"));
      const stream = t.open(CDS);
      stream.subscribe(CDS, ["a", "none"]);
      await stream.answer(CDS, ["a"]);
    },
  },
  {
    id: "W4",
    says: "clusters by name are answered at once, though all are missing",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: SOTW,
    async run(t) {
      await t.given(cluster("a"));
      const stream = t.open(CDS);
      stream.subscribe(CDS, ["none"]);
      await stream.answer(CDS, []);
    },
  },
  {
    id: "W4",
    says: "that there are no clusters is an answer",
    level: "recommended",
    source: `${SPEC.deleting}: "a response containing no resources"; Envoy's start waits for it`,
    variants: SOTW,
    async run(t) {
      await t.given(endpoints("unasked"));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      await stream.answer(CDS, []);
      await t.given(endpoints("unasked"), cluster("a"));
      await stream.answer(CDS, ["a"]);
    },
  },
];
