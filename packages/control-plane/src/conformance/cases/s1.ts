import { type Case, SPEC } from "../case.ts";
import { CDS, cluster, EDS, endpoints } from "../resources.ts";

export const S1: readonly Case[] = [
  {
    id: "S1",
    says: "the aggregated service answers for several types on one stream",
    level: "spec",
    source: SPEC.ads,
    variants: ["ads-sotw", "ads-delta"],
    async run(t) {
      await t.given(cluster("a"), endpoints("e"));
      const ads = t.open(CDS);
      ads.subscribe(CDS);
      await ads.answer(CDS, ["a"]);
      ads.subscribe(EDS, ["e"]);
      await ads.answer(EDS, ["e"]);
    },
  },
];
