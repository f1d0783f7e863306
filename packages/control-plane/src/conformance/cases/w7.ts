import { type Case, SOTW, SPEC } from "../case.ts";
import { CDS, cluster, EDS, endpoints, wrapped } from "../resources.ts";

export const W7: readonly Case[] = [
  {
    id: "W7",
    says: "resources are not wrapped for a client that did not say it takes wrappers",
    level: "spec",
    source: `${SPEC.ttl}: "gated by the xds.config.supports-resource-in-sotw client feature"`,
    variants: SOTW,
    async run(t) {
      await t.given(cluster("a"));
      const stream = t.open(CDS);
      stream.subscribe(CDS);
      const { resources } = await stream.answer(CDS, ["a"]);
      t.must(!resources[0]!.isWrapped, "a Cluster", "a discovery.v3.Resource around it");
    },
  },
  {
    id: "W7",
    says: "a resource with aliases is wrapped",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-sotw"],
    async run(t) {
      await t.given(wrapped("a", endpoints("a"), { aliases: ["also-a"] }));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a"]);
      const { resources } = await stream.answer(EDS, ["a"]);
      const aliases = resources[0]!.aliases.join(" ");
      t.must(aliases === "also-a", "the alias also-a", aliases || "none");
    },
  },
];
