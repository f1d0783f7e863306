import { isIP } from "node:net";
import { stringify } from "yaml";
import type { HostPort } from "../config/host-port.ts";
import type { BootstrapMode } from "./bootstrap-modes.ts";
import type { TlsFiles } from "./find-xds.ts";

/** What an Envoy bootstrap is made of. */
export interface BootstrapOptions {
  readonly mode: BootstrapMode;
  readonly nodeId: string;
  readonly nodeCluster: string;
  /** Where the xDS server is, as Envoy reaches it. */
  readonly xds: HostPort;
  /** Where Envoy's own admin page listens. */
  readonly envoyAdmin: HostPort;
  /** Set where the xDS server speaks TLS; paths as Envoy sees them. */
  readonly tls?: TlsFiles | undefined;
}

/** The name of the cluster through which Envoy reaches its control plane. */
export const XDS_CLUSTER = "fairlead_xds";

/** What Envoy can do and does not say of itself: take resources that expire. */
const CLIENT_FEATURES = ["xds.config.supports-resource-ttl", "xds.config.resource-in-sotw"];

const HTTP_OPTIONS = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
const TLS_CONTEXT = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";

/** An Envoy bootstrap in YAML, with comments that say how to run it. */
export function envoyBootstrap(options: BootstrapOptions): string {
  const { mode, nodeId, nodeCluster, envoyAdmin } = options;
  const { client_features, dynamic_resources, cluster } = connectionParts(options);
  const bootstrap = {
    node: { id: nodeId, cluster: nodeCluster, client_features },
    admin: { address: socketAddress(envoyAdmin) },
    dynamic_resources,
    static_resources: { clusters: [cluster] },
  };
  return `${introduction(mode)}${stringify(bootstrap, { aliasDuplicateObjects: false })}`;
}

/** The parts of a bootstrap through which Envoy reaches its control plane. */
export function connectionParts(options: Pick<BootstrapOptions, "mode" | "xds" | "tls">) {
  const { mode } = options;
  const source = apiConfigSource(mode);
  const typeSource = { resource_api_version: "V3", ...(isAds(mode) ? { ads: {} } : { api_config_source: source }) };
  return {
    /** For `node`. */
    client_features: CLIENT_FEATURES,
    dynamic_resources: { ...(isAds(mode) && { ads_config: source }), cds_config: typeSource, lds_config: typeSource },
    /** For `static_resources`. */
    cluster: xdsCluster(options),
  };
}

function isAds(mode: BootstrapMode): boolean {
  return mode === "ads" || mode === "ads-delta";
}

function introduction(mode: BootstrapMode): string {
  const run = `# Envoy bootstrap for Fairlead, ${mode}. Run: envoy -c THIS-FILE\n`;
  if (isAds(mode)) return run;
  return (
    `${run}# Without ADS, a resource that names another source must name this one: not \`ads: {}\` but\n` +
    `# \`api_config_source\` as below. Fairlead serves each type on its own service either way.\n` +
    (mode === "rest"
      ? `# A change arrives by the next poll, and what goes in several steps takes polls for each.\n`
      : "")
  );
}

function apiConfigSource(mode: BootstrapMode) {
  if (mode === "rest") {
    return {
      api_type: "REST",
      transport_api_version: "V3",
      cluster_names: [XDS_CLUSTER],
      // Envoy waits once to twice as long from poll to poll.
      refresh_delay: "1s",
      request_timeout: "5s",
    };
  }
  return {
    api_type: mode.endsWith("delta") ? "DELTA_GRPC" : "GRPC",
    transport_api_version: "V3",
    set_node_on_first_message_only: true,
    grpc_services: [{ envoy_grpc: { cluster_name: XDS_CLUSTER } }],
  };
}

function xdsCluster({ mode, xds, tls }: Pick<BootstrapOptions, "mode" | "xds" | "tls">) {
  // Without keepalive, a control plane that vanishes without a word (a dead machine) is never noticed by a stream.
  const http2 = { http2_protocol_options: { connection_keepalive: { interval: "30s", timeout: "5s" } } };
  return {
    name: XDS_CLUSTER,
    type: isIP(xds.host) ? "STATIC" : "STRICT_DNS",
    connect_timeout: "1s",
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": HTTP_OPTIONS,
        explicit_http_config: mode === "rest" ? { http_protocol_options: {} } : http2,
      },
    },
    ...(tls && { transport_socket: transportSocket(tls, xds.host, mode === "rest" ? "http/1.1" : "h2") }),
    load_assignment: {
      cluster_name: XDS_CLUSTER,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(xds) } }] }],
    },
  };
}

function transportSocket(tls: TlsFiles, host: string, alpnProtocol: string) {
  const certificates = tls.certFile &&
    tls.keyFile && {
      tls_certificates: [{ certificate_chain: { filename: tls.certFile }, private_key: { filename: tls.keyFile } }],
    };
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: {
      "@type": TLS_CONTEXT,
      ...(!isIP(host) && { sni: host }),
      common_tls_context: {
        alpn_protocols: [alpnProtocol],
        validation_context: {
          trusted_ca: { filename: tls.caFile },
          // Without it any certificate of that authority would do, whoever's it is.
          match_typed_subject_alt_names: [{ san_type: isIP(host) ? "IP_ADDRESS" : "DNS", matcher: { exact: host } }],
        },
        ...certificates,
      },
    },
  };
}

function socketAddress({ host, port }: HostPort) {
  return { socket_address: { address: host, port_value: port } };
}
