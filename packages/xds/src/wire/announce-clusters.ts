import { readAny } from "./any.ts";
import { tagOf, WIRE, WireReader } from "./reader.ts";
import { rewriteField } from "./rewrite-field.ts";
import { sizeOfBytesField, sizeOfStringField, WireWriter } from "./writer.ts";

/** Which message bears routes: a route configuration, or a listener with one inside its `api_listener`. */
export type RoutesBearer = "routes" | "listener";

/** Field numbers of Envoy's messages on the way to a route's clusters; a test compares them with the schema. */
export const ROUTE_FIELDS = {
  "envoy.config.listener.v3.Listener": { api_listener: 19 },
  "envoy.config.listener.v3.ApiListener": { api_listener: 1 },
  "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager": { route_config: 4 },
  "envoy.config.route.v3.RouteConfiguration": { virtual_hosts: 2 },
  "envoy.config.route.v3.VirtualHost": { routes: 3 },
  "envoy.config.route.v3.Route": { match: 1, route: 2 },
  "envoy.config.route.v3.RouteMatch": { path: 2 },
  "envoy.config.route.v3.RouteAction": { cluster: 1, weighted_clusters: 3 },
  "envoy.config.route.v3.WeightedCluster": { clusters: 1 },
  "envoy.config.route.v3.WeightedCluster.ClusterWeight": { name: 1, weight: 2 },
  "google.protobuf.UInt32Value": { value: 1 },
} as const;

const HCM = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const HCM_TYPE_URL = `type.googleapis.com/${HCM}`;
const FIELDS = ROUTE_FIELDS;
const HOSTS = bytesTag(FIELDS["envoy.config.route.v3.RouteConfiguration"].virtual_hosts);
const ROUTES = bytesTag(FIELDS["envoy.config.route.v3.VirtualHost"].routes);
const ACTION = bytesTag(FIELDS["envoy.config.route.v3.Route"].route);
const CLUSTER = bytesTag(FIELDS["envoy.config.route.v3.RouteAction"].cluster);
const WEIGHTED = bytesTag(FIELDS["envoy.config.route.v3.RouteAction"].weighted_clusters);
const WEIGHTS = bytesTag(FIELDS["envoy.config.route.v3.WeightedCluster"].clusters);
const WEIGHTED_NAME = bytesTag(FIELDS["envoy.config.route.v3.WeightedCluster.ClusterWeight"].name);
const API_LISTENER = bytesTag(FIELDS["envoy.config.listener.v3.Listener"].api_listener);
const API_LISTENER_ANY = bytesTag(FIELDS["envoy.config.listener.v3.ApiListener"].api_listener);
const ANY_VALUE = bytesTag(2);
const ROUTE_CONFIG = bytesTag(FIELDS[HCM].route_config);

/** The clusters that routes lead calls to: of route actions and weighted clusters, and no others. @throws WireError */
export function routedClusters(bearer: RoutesBearer, message: Uint8Array): ReadonlySet<string> {
  const names = new Set<string>();
  const toHosts = bearer === "routes" ? [] : [API_LISTENER, API_LISTENER_ANY, ANY_VALUE, ROUTE_CONFIG];
  for (const action of descend(message, [...toHosts, HOSTS, ROUTES, ACTION])) {
    for (const name of descend(action, [CLUSTER])) names.add(name.toString());
    for (const name of descend(action, [WEIGHTED, WEIGHTS, WEIGHTED_NAME])) names.add(name.toString());
  }
  return names;
}

/**
 * The message with one more route at the end of each virtual host: for a path that nobody calls, and over these clusters.
 * gRPC clients ask for every cluster that a route of their virtual host names. `undefined`: it has no virtual host.
 * @throws WireError
 */
export function announceClusters(
  bearer: RoutesBearer,
  message: Uint8Array,
  path: string,
  clusters: readonly string[],
): Buffer | undefined {
  const route = encodeRoute(path, clusters);
  let hosts = 0;
  const intoHost = (host: Buffer) => {
    hosts += 1;
    return Buffer.concat([host, route]);
  };
  const intoRoutes = (routes: Uint8Array) => rewriteField(routes, HOSTS, intoHost);
  const announcing = bearer === "routes" ? intoRoutes(message) : intoListener(message, intoRoutes);
  return hosts > 0 ? announcing : undefined;
}

function intoListener(listener: Uint8Array, intoRoutes: (routes: Uint8Array) => Buffer): Buffer {
  return rewriteField(listener, API_LISTENER, (api) =>
    rewriteField(api, API_LISTENER_ANY, (any) => {
      if (readAny(any).typeUrl !== HCM_TYPE_URL) return any;
      return rewriteField(any, ANY_VALUE, (hcm) => rewriteField(hcm, ROUTE_CONFIG, intoRoutes));
    }),
  );
}

/** A `VirtualHost.routes` field. Each cluster weighs 1: gRPC refuses a sum of 0. */
function encodeRoute(path: string, clusters: readonly string[]): Buffer {
  const { match, route } = FIELDS["envoy.config.route.v3.Route"];
  const { name, weight } = FIELDS["envoy.config.route.v3.WeightedCluster.ClusterWeight"];
  const one = new WireWriter(2);
  one.varintField(FIELDS["google.protobuf.UInt32Value"].value, 1);
  const weightOne = field(weight, one.finish());
  const weighted = clusters.map((cluster) => {
    const parts = [stringField(name, cluster), weightOne];
    return field(FIELDS["envoy.config.route.v3.WeightedCluster"].clusters, Buffer.concat(parts));
  });
  const action = field(FIELDS["envoy.config.route.v3.RouteAction"].weighted_clusters, Buffer.concat(weighted));
  const matched = stringField(FIELDS["envoy.config.route.v3.RouteMatch"].path, path);
  const parts = [field(match, matched), field(route, action)];
  return field(FIELDS["envoy.config.route.v3.VirtualHost"].routes, Buffer.concat(parts));
}

/** Every value at the end of that way of tags. */
function* descend(message: Uint8Array, [tag, ...rest]: readonly number[]): Iterable<Buffer> {
  const reader = new WireReader(message);
  while (reader.hasMore) {
    const found = reader.tag();
    if (found !== tag) reader.skip(found);
    else if (rest.length === 0) yield reader.view();
    else yield* descend(reader.view(), rest);
  }
}

function field(number: number, value: Uint8Array): Buffer {
  const writer = new WireWriter(sizeOfBytesField(value.length));
  writer.bytesField(number, value);
  return writer.finish();
}

function stringField(number: number, value: string): Buffer {
  const writer = new WireWriter(sizeOfStringField(value));
  writer.stringField(number, value);
  return writer.finish();
}

function bytesTag(number: number): number {
  return tagOf(number, WIRE.bytes);
}
