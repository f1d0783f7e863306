import assert from "node:assert/strict";
import { loadSchema, type ReadResource, resourceFromJson, typeUrlOf } from "@fairlead/envoy-api";

/** Reads a resource that the test knows to be readable. */
export function read(typeName: string, fields: object): ReadResource {
  const resource = resourceFromJson(loadSchema(), { "@type": typeUrlOf(typeName), ...fields });
  assert.ok(resource.ok, JSON.stringify(resource.faults));
  return resource;
}

export const CLUSTER = "envoy.config.cluster.v3.Cluster";
export const LISTENER = "envoy.config.listener.v3.Listener";
export const ROUTES = "envoy.config.route.v3.RouteConfiguration";
export const ENDPOINTS = "envoy.config.endpoint.v3.ClusterLoadAssignment";
export const MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/** A listener with one HTTP connection manager. */
export function listenerOf(manager: object): object {
  return {
    name: "l",
    address: { socket_address: { address: "127.0.0.1", port_value: 80 } },
    filter_chains: [
      { filters: [{ name: "hcm", typed_config: { "@type": typeUrlOf(MANAGER), stat_prefix: "s", ...manager } }] },
    ],
  };
}
