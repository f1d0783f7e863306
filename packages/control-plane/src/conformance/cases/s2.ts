import { fromBinary } from "@bufbuild/protobuf";
import { DiscoveryResponseSchema } from "@fairlead/envoy-api/envoy/service/discovery/v3/discovery_pb";
import { encodeNode, StatusCode, writeDiscoveryRequest } from "@fairlead/xds";
import { type Case, SPEC, type Variant } from "../case.ts";
import { describeStatus, describeType } from "../describe.ts";
import * as make from "../resources.ts";
import { CDS, cluster, EDS, endpoints, type ResourceJson } from "../resources.ts";
import type { Trial } from "../trial.ts";

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
    says: "a unary Fetch with the current version is answered by the content: nothing would mean that there is none",
    level: "fairlead",
    source: SPEC.fairlead,
    variants: ["grpc"],
    async run(t) {
      await t.given(cluster("x"));
      const first = await fetchClusters(t);
      t.must(first.resources.length === 1, "CDS [x]", `${first.resources.length} resources`);
      const again = await fetchClusters(t, first.versionInfo);
      t.must(again.resources.length === 1, "CDS [x] again", `${again.resources.length} resources`);
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

async function fetchClusters(t: Trial, versionInfo = "") {
  const path = "/envoy.service.cluster.v3.ClusterDiscoveryService/FetchClusters";
  const node = encodeNode({ id: t.node, cluster: t.node });
  const send = [writeDiscoveryRequest({ typeUrl: CDS, node, versionInfo })];
  const { status, messages } = await t.call({ path, send, ends: true });
  if (status.code === StatusCode.UNIMPLEMENTED) t.lacks(`the server answers ${describeStatus(status)}`);
  t.must(messages.length === 1, "one response", describeStatus(status));
  return fromBinary(DiscoveryResponseSchema, messages[0]!);
}
