import { endpoints } from "./clusters.ts";
import type { Json } from "./json.ts";
import { typed } from "./json.ts";
import type { Random } from "./random.ts";

/** Where a generated resource is put, so that Envoy looks at it when it starts. */
export type Place = "cluster" | "endpoints" | "listener" | "routes" | "secret";

/** A bootstrap that holds one resource and the clusters `a` and `b` that others name. */
export function bootstrapAround(place: Place, resource: Json): Json {
  const { "@type": _, ...plain } = resource;
  const parts: Record<Place, () => Json> = {
    cluster: () => ({ clusters: [...named, plain] }),
    endpoints: () => ({ clusters: [...named, { name: "held", type: "STATIC", load_assignment: plain }] }),
    listener: () => ({ clusters: named, listeners: [plain] }),
    routes: () => ({ clusters: named, listeners: [listenerWith(plain)] }),
    secret: () => ({ clusters: named, secrets: [plain] }),
  };
  return { node: { id: "compare", cluster: "compare" }, static_resources: parts[place]() };
}

const named: Json[] = ["a", "b"].map((name) => ({ name, type: "STATIC", typed_extension_protocol_options: http2() }));

/** The callers of gRPC services refuse clusters without HTTP/2. */
function http2(): Json {
  const options = typed("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", {
    explicit_http_config: { http2_protocol_options: {} },
  });
  return { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options };
}

function listenerWith(route_config: Json): Json {
  const manager = typed("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
    stat_prefix: "s",
    route_config,
    http_filters: [
      { name: "envoy.filters.http.router", typed_config: typed("envoy.extensions.filters.http.router.v3.Router") },
    ],
  });
  return {
    name: "holder",
    address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
    filter_chains: [{ filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }] }],
  };
}

/** A resource of endpoints, typed. */
export function typedEndpoints(random: Random, name: string): Json {
  return { ...typed("envoy.config.endpoint.v3.ClusterLoadAssignment"), ...endpoints(random, name) };
}
