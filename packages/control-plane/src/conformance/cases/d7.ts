import { type Case, DELTA, SPEC } from "../case.ts";
import { CDS, cluster, EDS, endpoints } from "../resources.ts";

export const D7: readonly Case[] = [
  {
    id: "D7",
    says: "only what changed is sent",
    level: "spec",
    source: SPEC.delta,
    variants: DELTA,
    async run(t) {
      await t.given(cluster("a", 1), cluster("b"));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      await stream.answer(CDS, ["a", "b"]);
      await t.given(cluster("a", 2), cluster("b"), cluster("c"));
      await stream.answer(CDS, ["a", "c"]);
      await t.given(cluster("a", 2), cluster("c"));
      await stream.until("b to be told as removed", [CDS], () => !stream.held(CDS).has("b"));
      t.must(stream.sent(CDS, "c") === 1, "c once", `${stream.sent(CDS, "c")} times`);
    },
  },
  {
    id: "D7",
    says: "a name that is asked for brings that one only",
    level: "spec",
    source: SPEC.delta,
    variants: DELTA,
    async run(t) {
      await t.given(endpoints("a"), endpoints("b"), endpoints("c"));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a", "b"]);
      await stream.answer(EDS, ["a", "b"]);
      stream.subscribe(EDS, ["c"]);
      await stream.answer(EDS, ["c"]);
    },
  },
  {
    id: "D7",
    says: "each resource has a version of its own",
    level: "spec",
    source: SPEC.delta,
    variants: DELTA,
    async run(t) {
      await t.given(cluster("a", 1), cluster("b"));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      await stream.answer(CDS, ["a", "b"]);
      const first = stream.held(CDS).get("a")!.version;
      await t.given(cluster("a", 2), cluster("b"));
      await stream.answer(CDS, ["a"]);
      const second = stream.held(CDS).get("a")!.version;
      t.must(first !== "" && first !== second, "another version of other content", `${first} and ${second}`);
    },
  },
];
