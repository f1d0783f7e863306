import { ADS, type Case, SPEC } from "../case.ts";
import {
  CDS,
  cluster,
  EDS,
  edsCluster,
  endpoints,
  endpointsOf,
  LDS,
  LEDS,
  listener,
  localityEndpoint,
  RDS,
  routes,
} from "../resources.ts";

const WARMING = `${SPEC.warming}: "completed only when a new ClusterLoadAssignment response is supplied"`;

const COLLECTION = "xdstp://conformance/envoy.config.endpoint.v3.LbEndpoint/a";

export const O2: readonly Case[] = [
  {
    id: "O2",
    says: "a changed cluster's endpoints are sent again behind it, though unchanged",
    level: "recommended",
    source: WARMING,
    variants: ADS,
    async run(t) {
      await t.given(edsCluster("a", 1), endpoints("a"));
      const ads = t.open(CDS);
      ads.subscribe(CDS);
      await ads.answer(CDS, ["a"]);
      ads.subscribe(EDS, ["a"]);
      await ads.answer(EDS, ["a"]);
      await t.given(edsCluster("a", 2), endpoints("a"));
      const first = await ads.any([CDS, EDS]);
      t.must(first.typeUrl === CDS, "CDS before EDS", "EDS");
      await ads.answer(EDS, ["a"]);
    },
  },
  {
    id: "O2",
    says: "a new cluster's endpoints that are known already are sent again behind it",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ADS,
    async run(t) {
      await t.given(edsCluster("a", 1, "shared"), endpoints("shared"));
      const ads = t.open(CDS);
      ads.subscribe(CDS);
      await ads.answer(CDS, ["a"]);
      ads.subscribe(EDS, ["shared"]);
      await ads.answer(EDS, ["shared"]);
      await t.given(edsCluster("a", 1, "shared"), edsCluster("b", 1, "shared"), endpoints("shared"));
      await ads.holding(CDS, t.mode === "sotw" ? ["a", "b"] : ["b"]);
      await ads.answer(EDS, ["shared"]);
    },
  },
  {
    id: "O2",
    says: "endpoints that were not asked for are never pushed",
    level: "fairlead",
    source: `${SPEC.fairlead}; ${SPEC.hints}`,
    variants: ADS,
    async run(t) {
      await t.given(edsCluster("a", 1), endpoints("a"));
      const ads = t.open(CDS);
      ads.subscribe(CDS);
      await ads.answer(CDS, ["a"]);
      await t.given(edsCluster("a", 2), edsCluster("b"), endpoints("a"), endpoints("b"));
      await ads.answer(CDS, ["a", "b"]);
      await ads.silence("no endpoints");
    },
  },
  {
    id: "O2",
    says: "on streams of one type endpoints are not pushed again: the client asks anew",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["own-sotw", "own-delta"],
    async run(t) {
      await t.given(edsCluster("a", 1), endpoints("a"));
      const channel = t.connect();
      const cds = t.open(CDS, { channel });
      cds.subscribe(CDS);
      await cds.answer(CDS, ["a"]);
      const eds = t.open(EDS, { channel });
      eds.subscribe(EDS, ["a"]);
      await eds.answer(EDS, ["a"]);
      await t.given(edsCluster("a", 2), endpoints("a"));
      await cds.answer(CDS, ["a"]);
      await eds.silence("no endpoints");
    },
  },
  {
    id: "O2",
    says: "a route is not sent again because its listener changed",
    level: "fairlead",
    source: `${SPEC.fairlead}; ${SPEC.warming}: "If Envoy is already aware of RouteConfiguration … it will use it"`,
    variants: ADS,
    async run(t) {
      await t.given(cluster("a"), listener("l", "r", 1), routes("r", "a"));
      const ads = t.open(LDS);
      ads.subscribe(LDS);
      await ads.answer(LDS, ["l"]);
      ads.subscribe(RDS, ["r"]);
      await ads.answer(RDS, ["r"]);
      await t.given(cluster("a"), listener("l", "r", 2), routes("r", "a"));
      await ads.answer(LDS, ["l"]);
      await ads.silence("no routes");
    },
  },
  {
    id: "O2",
    says: "a route is sent again when its listener takes it from another config source",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ADS,
    async run(t) {
      await t.given(cluster("a"), listener("l", "r", 1), routes("r", "a"));
      const ads = t.open(LDS);
      ads.subscribe(LDS);
      await ads.answer(LDS, ["l"]);
      ads.subscribe(RDS, ["r"]);
      await ads.answer(RDS, ["r"]);
      const source = { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "7s" };
      await t.given(cluster("a"), listener("l", "r", 1, source), routes("r", "a"));
      await ads.answer(LDS, ["l"]);
      await ads.answer(RDS, ["r"]);
    },
  },
  {
    id: "O2",
    says: "a returning client's endpoints are sent again when its cluster changed meanwhile",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-delta"],
    async run(t) {
      await t.given(edsCluster("a", 1), endpoints("a"));
      const before = t.open(CDS);
      before.subscribe(CDS);
      await before.answer(CDS, ["a"]);
      before.subscribe(EDS, ["a"]);
      await before.answer(EDS, ["a"]);
      const had = (type: string) => new Map([["a", before.held(type).get("a")!.version]]);
      await before.close();
      await t.given(edsCluster("a", 2), endpoints("a"));
      const ads = t.open(CDS);
      ads.sendDelta({ typeUrl: EDS, subscribe: ["a"], initialResourceVersions: had(EDS) });
      ads.sendDelta({ typeUrl: CDS, initialResourceVersions: had(CDS) });
      await ads.holding(CDS, ["a"]);
      await ads.answer(EDS, ["a"]);
    },
  },
  {
    id: "O2",
    says: "a changed cluster's endpoints are sent again with the collection that they refer to",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["ads-delta"],
    async run(t) {
      const parts = [endpointsOf("a", `${COLLECTION}/*`), localityEndpoint(`${COLLECTION}/1`)];
      await t.given(edsCluster("a", 1), ...parts);
      const ads = t.open(CDS);
      ads.subscribe(CDS);
      await ads.answer(CDS, ["a"]);
      ads.subscribe(EDS, ["a"]);
      await ads.answer(EDS, ["a"]);
      ads.subscribe(LEDS, [`${COLLECTION}/*`]);
      await ads.answer(LEDS, [`${COLLECTION}/1`]);
      await t.given(edsCluster("a", 2), ...parts);
      await ads.answer(CDS, ["a"]);
      await ads.answer(EDS, ["a"]);
      await ads.answer(LEDS, [`${COLLECTION}/1`]);
    },
  },
];
