/**
 * How an Envoy asks for its configuration: one stream for all types or one per type, full state or changes; or by polls
 * of HTTP/1.1.
 */
export type Mode = "ads-sotw" | "ads-delta" | "per-type-sotw" | "per-type-delta" | "rest";

/** Every way Envoy can ask. */
export const MODES: readonly Mode[] = ["ads-sotw", "ads-delta", "per-type-sotw", "per-type-delta", "rest"];

/** Envoy waits once to twice as long from poll to poll. */
const REFRESH_DELAY = "0.1s";

/** Name of the bootstrap's static cluster that leads to the xDS server. */
export const XDS_CLUSTER = "xds";

/** Where a resource tells Envoy to ask for what it refers to (`ConfigSource`), matching the mode. */
export function configSource(mode: Mode): object {
  if (isAds(mode)) return { ads: {}, resource_api_version: "V3" };
  return { resource_api_version: "V3", api_config_source: apiConfigSource(mode) };
}

/** The stream itself (`ApiConfigSource`): for `ads_config`, or inside {@link configSource}. */
export function apiConfigSource(mode: Mode): object {
  if (mode === "rest") {
    return {
      api_type: "REST",
      transport_api_version: "V3",
      cluster_names: [XDS_CLUSTER],
      refresh_delay: REFRESH_DELAY,
      request_timeout: "5s",
    };
  }
  return {
    api_type: mode.endsWith("delta") ? "DELTA_GRPC" : "GRPC",
    transport_api_version: "V3",
    grpc_services: [{ envoy_grpc: { cluster_name: XDS_CLUSTER } }],
  };
}

/** Whether all types share one stream. */
export function isAds(mode: Mode): boolean {
  return mode.startsWith("ads");
}
