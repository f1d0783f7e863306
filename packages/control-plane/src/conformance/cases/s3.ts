import { TYPE_URLS } from "@fairlead/envoy-api";
import { type Case, SPEC } from "../case.ts";
import { LEDS, localityEndpoint, VHDS, virtualHost } from "../resources.ts";
import { mustEnd } from "./must-end.ts";

const RLS = TYPE_URLS.rateLimitConfig;

export const S3: readonly Case[] = [
  {
    id: "S3",
    says: "virtual hosts have a service, in delta",
    level: "spec",
    source: SPEC.variants,
    variants: ["own-delta"],
    async run(t) {
      await t.given(virtualHost("r", "one.example"));
      const own = t.open(VHDS);
      own.subscribe(VHDS, ["r/one.example"]);
      await own.answer(VHDS, ["r/one.example"]);
    },
  },
  {
    id: "S3",
    says: "the endpoints of localities have a service, in delta",
    level: "spec",
    source: "envoy/service/endpoint/v3/leds.proto",
    variants: ["own-delta"],
    async run(t) {
      await t.given(localityEndpoint("x"));
      const own = t.open(LEDS);
      own.subscribe(LEDS, ["x"]);
      await own.answer(LEDS, ["x"]);
    },
  },
  {
    id: "S3",
    says: "virtual hosts and endpoints of localities have no service in SotW",
    level: "spec",
    source: `${SPEC.variants}: "SotW: N/A"`,
    variants: ["grpc"],
    async run(t) {
      const hosts = "/envoy.service.route.v3.VirtualHostDiscoveryService/StreamVirtualHosts";
      const localities = "/envoy.service.endpoint.v3.LocalityEndpointDiscoveryService/StreamLocalityEndpoints";
      for (const path of [hosts, localities]) mustEnd(t, await t.call({ path, ends: true }), "UNIMPLEMENTED");
    },
  },
  {
    id: "S3",
    says: "the rate limit service's configurations have a service, and no names mean all",
    level: "recommended",
    source: "envoyproxy/ratelimit: RateLimitConfigDiscoveryService",
    variants: ["own-sotw"],
    async run(t) {
      const config = (name: string) => ({ "@type": RLS, name, domain: name, descriptors: [] });
      await t.given(config("a"), config("b"));
      const own = t.open(RLS);
      own.subscribe(RLS);
      await own.answer(RLS, ["a", "b"]);
    },
  },
];
