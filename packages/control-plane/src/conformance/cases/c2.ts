import { ADS, type Case, SPEC } from "../case.ts";
import { CDS, cluster, EDS, edsCluster, endpoints, LDS, listener, RDS, routes } from "../resources.ts";

const UNKNOWN = "type.googleapis.com/conformance.v1.Unknown";

export const C2: readonly Case[] = [
  {
    id: "C2",
    says: "a request is answered though the response of another type is not acknowledged",
    level: "spec",
    source: SPEC.ads,
    variants: ADS,
    async run(t) {
      await t.given(edsCluster("a"), endpoints("a"), listener("l", "r"), routes("r", "a"));
      const ads = t.open(CDS);
      ads.subscribe(CDS);
      await ads.holding(CDS, ["a"]);
      ads.subscribe(LDS);
      await ads.holding(LDS, ["l"]);
      ads.subscribe(RDS, ["r"]);
      await ads.holding(RDS, ["r"]);
      ads.subscribe(EDS, ["a"]);
      await ads.holding(EDS, ["a"]);
    },
  },
  {
    id: "C2",
    says: "a request is answered though another type waits for what does not exist",
    level: "spec",
    source: SPEC.ads,
    variants: ADS,
    async run(t) {
      await t.given(cluster("a"));
      const ads = t.open(CDS);
      ads.subscribe(EDS, ["none"]);
      ads.subscribe(CDS);
      await ads.answer(CDS, ["a"]);
    },
  },
  {
    id: "C2",
    says: "some of several names are answered, and the rest is not waited for",
    level: "spec",
    source: `${SPEC.hints}: "must supply the requested resources if they exist"`,
    variants: ["ads-sotw", "own-sotw"],
    async run(t) {
      await t.given(endpoints("a"), endpoints("b"));
      const stream = t.open(EDS);
      stream.subscribe(EDS, ["a", "none"]);
      await stream.answer(EDS, ["a"]);
    },
  },
  {
    id: "C2",
    says: "an empty type_url on ADS is refused as INVALID_ARGUMENT",
    level: "recommended",
    source: `${SPEC.discovery}: type_url "is required for ADS"`,
    variants: ADS,
    async run(t) {
      await t.given(cluster("a"));
      const ads = t.open(CDS);
      ads.subscribe("");
      await ads.ends("INVALID_ARGUMENT");
    },
  },
  {
    id: "C2",
    says: "a type that the server does not know costs no stream",
    level: "recommended",
    source: SPEC.ads,
    variants: ADS,
    async run(t) {
      await t.given(cluster("a"));
      const ads = t.open(CDS);
      ads.subscribe(UNKNOWN, ["x"]);
      ads.subscribe(CDS);
      await ads.answer(CDS, ["a"]);
    },
  },
  {
    id: "C2",
    says: "an unknown type is silent in SotW, and its names are removed in delta",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ADS,
    async run(t) {
      await t.given(cluster("a"));
      const ads = t.open(CDS);
      ads.subscribe(UNKNOWN, ["x"]);
      if (t.mode === "delta") await ads.answer(UNKNOWN, [], ["x"]);
      await ads.silence();
      if (t.mode === "delta") return;
      const all = t.open(CDS);
      all.subscribe(UNKNOWN);
      await all.silence("no answer to all of an unknown type");
    },
  },
];
