import { TYPE_URLS } from "@fairlead/envoy-api";
import type { Mode } from "../protocol/plan.ts";

/** An xDS method: what its stream speaks, and of which type. */
export interface DiscoveryMethod {
  readonly mode: Mode;
  /** `undefined`: all types, ADS. */
  readonly typeUrl: string | undefined;
  /** It is answered once: a poll. */
  readonly isUnary: boolean;
}

const RATE_LIMIT_SERVICE = "ratelimit.service.ratelimit.v3.RateLimitConfigDiscoveryService";

const METHODS: ReadonlyMap<string, DiscoveryMethod> = new Map([
  ...methods("discovery.v3.AggregatedDiscoveryService", "AggregatedResources", undefined).slice(0, 2),
  ...methods("listener.v3.ListenerDiscoveryService", "Listeners", TYPE_URLS.listener),
  ...methods("route.v3.RouteDiscoveryService", "Routes", TYPE_URLS.routes),
  ...methods("route.v3.ScopedRoutesDiscoveryService", "ScopedRoutes", TYPE_URLS.scopedRoutes),
  ...methods("route.v3.VirtualHostDiscoveryService", "VirtualHosts", TYPE_URLS.virtualHost).slice(1, 2),
  ...methods("cluster.v3.ClusterDiscoveryService", "Clusters", TYPE_URLS.cluster),
  ...methods("endpoint.v3.EndpointDiscoveryService", "Endpoints", TYPE_URLS.endpoints),
  ...methods("endpoint.v3.LocalityEndpointDiscoveryService", "LocalityEndpoints", TYPE_URLS.localityEndpoint).slice(
    1,
    2,
  ),
  ...methods("secret.v3.SecretDiscoveryService", "Secrets", TYPE_URLS.secret),
  ...methods("runtime.v3.RuntimeDiscoveryService", "Runtime", TYPE_URLS.runtime),
  ...methods("extension.v3.ExtensionConfigDiscoveryService", "ExtensionConfigs", TYPE_URLS.extensionConfig),
  // Of go-control-plane's API, for Envoy's rate limit service: Envoy's own API lacks it.
  [`/${RATE_LIMIT_SERVICE}/StreamRlsConfigs`, { mode: "sotw", typeUrl: TYPE_URLS.rateLimitConfig, isUnary: false }],
  [`/${RATE_LIMIT_SERVICE}/FetchRlsConfigs`, { mode: "sotw", typeUrl: TYPE_URLS.rateLimitConfig, isUnary: true }],
]);

/** The xDS method of a gRPC path; `undefined`: it is none (protocol.md S1 to S3). */
export function discoveryMethodOf(path: string): DiscoveryMethod | undefined {
  return METHODS.get(path);
}

/** Full names of the discovery services. */
export const DISCOVERY_SERVICES: readonly string[] = [...new Set(METHODS.keys().map((path) => path.split("/")[1]!))];

function methods(service: string, noun: string, typeUrl: string | undefined): [string, DiscoveryMethod][] {
  return [
    [`/envoy.service.${service}/Stream${noun}`, { mode: "sotw", typeUrl, isUnary: false }],
    [`/envoy.service.${service}/Delta${noun}`, { mode: "delta", typeUrl, isUnary: false }],
    [`/envoy.service.${service}/Fetch${noun}`, { mode: "sotw", typeUrl, isUnary: true }],
  ];
}
