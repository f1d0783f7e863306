import { type Case, SPEC, type Variant } from "../case.ts";
import { describeType } from "../describe.ts";
import * as make from "../resources.ts";
import { CDS, cluster, EDS, endpoints, type ResourceJson } from "../resources.ts";

const OWN: readonly Variant[] = ["own-sotw", "own-delta"];

const REST = "xDS protocol, REST-JSON polling subscriptions";

/** A resource of each type that has a service of its own. */
const SERVED: readonly ResourceJson[] = [
  cluster("x"),
  endpoints("x"),
  make.listener("x", "r"),
  make.routes("x", "c"),
  make.scopedRoutes("x"),
  make.secret("x"),
  make.runtime("x"),
  make.extensionConfig("x"),
];

export const S2: readonly Case[] = [
  ...SERVED.map(
    (resource): Case => ({
      id: "S2",
      says: `the ${describeType(resource["@type"])} service answers`,
      level: "spec",
      source: SPEC.variants,
      variants: OWN,
      async run(t) {
        await t.given(resource);
        const own = t.open(resource["@type"]);
        own.subscribe(resource["@type"], ["x"]);
        await own.answer(resource["@type"], ["x"]);
      },
    }),
  ),
  ...SERVED.map(
    (resource): Case => ({
      id: "S2",
      says: `${describeType(resource["@type"])} is answered by REST`,
      level: "spec",
      source: REST,
      variants: ["rest"],
      async run(t) {
        await t.given(resource);
        await t.polled(resource["@type"], ["x"]);
      },
    }),
  ),
  {
    id: "S2",
    says: "a poll with the current version is answered 304",
    level: "recommended",
    source: `${REST}; protocol.md`,
    variants: ["rest"],
    async run(t) {
      await t.given(cluster("x"));
      const version = await t.polled(CDS, ["x"], undefined, []);
      await t.unchanged(CDS, [], version);
      await t.given(cluster("x", 2));
      await t.polled(CDS, ["x"], version, []);
    },
  },
  {
    id: "S2",
    says: "a poll is answered by all that it names, not just by what changed",
    level: "spec",
    source: REST,
    variants: ["rest"],
    async run(t) {
      await t.given(endpoints("x", 1), endpoints("y"));
      const version = await t.polled(EDS, ["x", "y"]);
      await t.given(endpoints("x", 2), endpoints("y"));
      await t.polled(EDS, ["x", "y"], version);
    },
  },
  {
    id: "S2",
    says: "who polls without a version is always answered",
    level: "spec",
    source: REST,
    variants: ["rest"],
    async run(t) {
      await t.given(endpoints("x"));
      await t.polled(EDS, ["x"]);
      const version = await t.polled(EDS, ["x"]);
      await t.poll(EDS, ["x"], version);
      await t.polled(EDS, ["x"]);
    },
  },
  {
    id: "S2",
    says: "a service of one type implies the type_url",
    level: "spec",
    source: `${SPEC.discovery}: "implicit in requests made via singleton xDS APIs"`,
    variants: OWN,
    async run(t) {
      await t.given(endpoints("x"));
      const own = t.open(EDS);
      if (t.mode === "sotw") own.sendSotw({ typeUrl: "", resourceNames: ["x"] });
      else own.sendDelta({ typeUrl: "", subscribe: ["x"] });
      await own.answer(EDS, ["x"]);
    },
  },
  {
    id: "S2",
    says: "a service of one type refuses another",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: OWN,
    async run(t) {
      await t.given(endpoints("x"), cluster("x"));
      const own = t.open(EDS);
      own.subscribe(CDS, ["x"]);
      await own.ends("INVALID_ARGUMENT");
    },
  },
];
