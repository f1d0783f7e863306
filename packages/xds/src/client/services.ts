import { TYPE_URLS } from "@fairlead/envoy-api";
import type { Mode } from "../protocol/plan.ts";

interface Service {
  readonly name: string;
  readonly sotw: string | undefined;
  readonly delta: string | undefined;
}

const ADS = { name: "envoy.service.discovery.v3.AggregatedDiscoveryService", ...both("AggregatedResources") };

const SERVICES: ReadonlyMap<string, Service> = new Map([
  [TYPE_URLS.listener, { name: "envoy.service.listener.v3.ListenerDiscoveryService", ...both("Listeners") }],
  [TYPE_URLS.routes, { name: "envoy.service.route.v3.RouteDiscoveryService", ...both("Routes") }],
  [TYPE_URLS.scopedRoutes, { name: "envoy.service.route.v3.ScopedRoutesDiscoveryService", ...both("ScopedRoutes") }],
  [
    TYPE_URLS.virtualHost,
    { name: "envoy.service.route.v3.VirtualHostDiscoveryService", sotw: undefined, delta: "DeltaVirtualHosts" },
  ],
  [TYPE_URLS.cluster, { name: "envoy.service.cluster.v3.ClusterDiscoveryService", ...both("Clusters") }],
  [TYPE_URLS.endpoints, { name: "envoy.service.endpoint.v3.EndpointDiscoveryService", ...both("Endpoints") }],
  [
    TYPE_URLS.localityEndpoint,
    {
      name: "envoy.service.endpoint.v3.LocalityEndpointDiscoveryService",
      sotw: undefined,
      delta: "DeltaLocalityEndpoints",
    },
  ],
  [TYPE_URLS.secret, { name: "envoy.service.secret.v3.SecretDiscoveryService", ...both("Secrets") }],
  [TYPE_URLS.runtime, { name: "envoy.service.runtime.v3.RuntimeDiscoveryService", ...both("Runtime") }],
  [
    TYPE_URLS.extensionConfig,
    { name: "envoy.service.extension.v3.ExtensionConfigDiscoveryService", ...both("ExtensionConfigs") },
  ],
  [
    TYPE_URLS.rateLimitConfig,
    {
      name: "ratelimit.service.ratelimit.v3.RateLimitConfigDiscoveryService",
      sotw: "StreamRlsConfigs",
      delta: undefined,
    },
  ],
]);

/** The gRPC path of the aggregated service. */
export function adsPath(mode: Mode): string {
  return `/${ADS.name}/${ADS[mode]}`;
}

/** The gRPC path of a type's own service; `undefined`: it has none in that variant. */
export function servicePath(typeUrl: string, mode: Mode): string | undefined {
  const service = SERVICES.get(typeUrl);
  const method = service?.[mode];
  return service && method && `/${service.name}/${method}`;
}

function both(what: string): { readonly sotw: string; readonly delta: string } {
  return { sotw: `Stream${what}`, delta: `Delta${what}` };
}
