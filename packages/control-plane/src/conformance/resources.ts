import { TYPE_URLS } from "@fairlead/envoy-api";

/** A resource in ProtoJSON, with its `@type`. */
export type ResourceJson = { readonly "@type": string } & Readonly<Record<string, unknown>>;

/** Their type URLs, in the field's words. */
export const CDS = TYPE_URLS.cluster;
export const EDS = TYPE_URLS.endpoints;
export const LDS = TYPE_URLS.listener;
export const RDS = TYPE_URLS.routes;
export const SRDS = TYPE_URLS.scopedRoutes;
export const SDS = TYPE_URLS.secret;
export const RTDS = TYPE_URLS.runtime;
export const ECDS = TYPE_URLS.extensionConfig;
export const VHDS = TYPE_URLS.virtualHost;
export const LEDS = TYPE_URLS.localityEndpoint;

const ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";
const MANAGER = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const AGGREGATE = "type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig";
const WRAPPER = "type.googleapis.com/envoy.service.discovery.v3.Resource";

/** `{ads: {}}`: the type is asked for on the same stream. */
const ADS_SOURCE = { ads: {}, resource_api_version: "V3" };

/** A cluster without endpoints of its own; `edition` changes its content and nothing else. */
export function cluster(name: string, edition = 1): ResourceJson {
  return { "@type": CDS, name, connect_timeout: `${edition}s` };
}

/** A cluster whose endpoints come by EDS, under `service` if that is not its name. */
export function edsCluster(name: string, edition = 1, service?: string): ResourceJson {
  const config = { eds_config: ADS_SOURCE, ...(service !== undefined && { service_name: service }) };
  return { ...cluster(name, edition), type: "EDS", eds_cluster_config: config };
}

/** A cluster that resolves a name, and so warms without any sign on the xDS stream. */
export function dnsCluster(name: string, edition = 1): ResourceJson {
  return { ...cluster(name, edition), type: "STRICT_DNS", load_assignment: loadAssignment(name, 1) };
}

/** A cluster that leads to another. */
export function aggregateCluster(name: string, to: string): ResourceJson {
  const typed_config = { "@type": AGGREGATE, clusters: [to] };
  return { ...cluster(name), lb_policy: "CLUSTER_PROVIDED", cluster_type: { name: "aggregate", typed_config } };
}

/** A cluster of about so many bytes. */
export function bigCluster(name: string, bytes: number): ResourceJson {
  return { ...cluster(name), metadata: { filter_metadata: { padding: { text: "x".repeat(bytes) } } } };
}

/** Endpoints of one address; `edition` is its port. */
export function endpoints(name: string, edition = 1): ResourceJson {
  return { "@type": EDS, ...loadAssignment(name, edition) };
}

/** Endpoints of about so many bytes. */
export function bigEndpoints(name: string, bytes: number): ResourceJson {
  const [locality] = loadAssignment(name, 1).endpoints;
  const metadata = { filter_metadata: { padding: { text: "x".repeat(bytes) } } };
  return { "@type": EDS, cluster_name: name, endpoints: [{ ...locality, metadata }] };
}

/** Endpoints that are a collection of LEDS. */
export function endpointsOf(name: string, collection: string): ResourceJson {
  const leds = { leds_config: ADS_SOURCE, leds_collection_name: collection };
  return { "@type": EDS, cluster_name: name, endpoints: [{ leds_cluster_locality_config: leds }] };
}

/** An endpoint of LEDS, which has no name of its own; `edition` is its port. */
export function localityEndpoint(name: string, edition = 1): ResourceJson {
  const address = { socket_address: { address: "127.0.0.1", port_value: 20_000 + edition } };
  return wrapped(name, { "@type": LEDS, endpoint: { address } }, {});
}

/** Routes of one host that lead everything to one cluster. */
export function routes(name: string, to: string, edition = 1): ResourceJson {
  const route = { match: { prefix: "/" }, route: { cluster: to, timeout: `${edition}s` } };
  return { "@type": RDS, name, virtual_hosts: [{ name: "all", domains: ["*"], routes: [route] }] };
}

/** A listener of the HTTP connection manager whose routes come by RDS; `edition` is its port. */
export function listener(name: string, routeConfig: string, edition = 1, source: object = ADS_SOURCE): ResourceJson {
  return withManager(name, edition, { rds: { config_source: source, route_config_name: routeConfig } });
}

/** A listener that holds its routes itself, and so names the cluster that they lead to. */
export function inlineListener(name: string, to: string, edition = 1): ResourceJson {
  const { "@type": _, ...config } = routes(`of-${name}`, to);
  return withManager(name, edition, { route_config: config });
}

function withManager(name: string, edition: number, source: object): ResourceJson {
  const http_filters = [{ name: "router", typed_config: { "@type": ROUTER } }];
  const manager = { "@type": MANAGER, stat_prefix: name, ...source, http_filters };
  return {
    "@type": LDS,
    name,
    address: { socket_address: { address: "127.0.0.1", port_value: 10_000 + edition } },
    filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }],
  };
}

/** A secret that holds a text. */
export function secret(name: string, text = "1"): ResourceJson {
  return { "@type": SDS, name, generic_secret: { secret: { inline_string: text } } };
}

/** Routes by a header. */
export function scopedRoutes(name: string, routeConfig = "none"): ResourceJson {
  return { "@type": SRDS, name, route_configuration_name: routeConfig, key: { fragments: [{ string_key: name }] } };
}

/** An empty layer of runtime values. */
export function runtime(name: string): ResourceJson {
  return { "@type": RTDS, name, layer: {} };
}

/** A filter's configuration. */
export function extensionConfig(name: string): ResourceJson {
  return { "@type": ECDS, name, typed_config: { "@type": ROUTER } };
}

/** A virtual host under its xDS name `<route configuration>/<domain>`, which Envoy wants in it, too; and other names. */
export function virtualHost(routeConfig: string, domain: string, edition = 1, aliases: string[] = []): ResourceJson {
  return virtualHostOf(`${routeConfig}/${domain}`, [domain], edition, aliases);
}

/** A virtual host whose xDS name does not say which domains it serves. */
export function virtualHostOf(name: string, domains: string[], edition = 1, aliases: string[] = []): ResourceJson {
  const route = { match: { prefix: "/" }, direct_response: { status: 200 + edition } };
  return wrapped(name, { "@type": VHDS, name, domains, routes: [route] }, { aliases });
}

/** A resource for clients with one value of a dynamic parameter, or with any. */
export function variantOf(name: string, resource: ResourceJson, key: string, value?: string): ResourceJson {
  const constraint = { key, ...(value === undefined ? { exists: {} } : { value }) };
  return { "@type": WRAPPER, resource_name: { name, dynamic_parameter_constraints: { constraint } }, resource };
}

/** A resource with what only its `discovery.v3.Resource` wrapper can say. */
export function wrapped(
  name: string,
  resource: ResourceJson,
  facts: { aliases?: string[]; ttl?: string },
): ResourceJson {
  return { "@type": WRAPPER, name, ...facts, resource };
}

function loadAssignment(name: string, edition: number) {
  const address = { socket_address: { address: "127.0.0.1", port_value: 20_000 + edition } };
  return { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] };
}

/** What a CDS response of the new cluster is: in SotW with the old one, which is retained. */
export function withNew({ mode }: { readonly mode: string }): readonly string[] {
  return mode === "sotw" ? ["a", "b"] : ["b"];
}
