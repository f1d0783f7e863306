import { type Case, EVERY, SPEC } from "../case.ts";
import { CDS, cluster } from "../resources.ts";

export const O6: readonly Case[] = [
  {
    id: "O6",
    says: "a node that nothing is configured for is told nothing, and served when something is",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: EVERY,
    async run(t) {
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      await stream.unanswered("no response: unknown is not empty");
      await t.given(cluster("a"));
      await stream.answer(CDS, ["a"]);
    },
  },
  {
    id: "O6",
    says: "a node whose configuration is gone keeps what it has",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: EVERY,
    async run(t) {
      await t.given(cluster("a"));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      await stream.answer(CDS, ["a"]);
      await t.forget();
      await stream.unanswered("no removal of what the client has");
    },
  },
  {
    id: "O6",
    says: "a node whose configuration is gone is not given that of others",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-sotw", "ads-delta"],
    async run(t) {
      const others = t.other("cluster");
      await t.givenTo(others, [cluster("b")]);
      await t.given(cluster("a"));
      const stream = t.open(CDS, { node: { id: t.node, cluster: others } });
      stream.subscribe(CDS);
      stream.ack(await stream.response(CDS));
      if (!stream.held(CDS).has("a")) t.lacks("the server does not choose by the node's id");
      await stream.settled();
      await t.forget();
      await t.givenTo(others, [cluster("b", 2), cluster("c")]);
      await t.givenTo(t.other("new"), [cluster("d")]);
      await stream.quiet(t.timings.silenceMs, "nothing of what its cluster is served");
    },
  },
];
