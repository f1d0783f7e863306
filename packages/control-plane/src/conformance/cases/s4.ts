import { type Case, SPEC } from "../case.ts";
import type { ResourceJson } from "../resources.ts";

const OTHER = "type.googleapis.com/envoy.config.core.v3.TransportSocket";

export const S4: readonly Case[] = [
  {
    id: "S4",
    says: "a type that no service is defined for is served on ADS",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-sotw", "ads-delta"],
    async run(t) {
      const [one, two]: ResourceJson[] = [
        { "@type": OTHER, name: "one" },
        { "@type": OTHER, name: "two" },
      ];
      await t.given(one!, two!);
      const ads = t.open(OTHER);
      ads.subscribe(OTHER, ["one"]);
      await ads.answer(OTHER, ["one"]);
      const all = t.open(OTHER);
      all.subscribe(OTHER);
      await all.answer(OTHER, ["one", "two"]);
    },
  },
  {
    id: "S4",
    says: "a type that only the schema knows is answered though nothing of it exists",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-sotw"],
    async run(t) {
      await t.given();
      const ads = t.open(OTHER);
      ads.subscribe(OTHER);
      await ads.answer(OTHER, []);
    },
  },
];
