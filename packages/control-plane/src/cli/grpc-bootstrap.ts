import { formatHostPort, type HostPort } from "../config/host-port.ts";
import type { TlsFiles } from "./find-xds.ts";

/** What the bootstrap of gRPC's xDS clients and servers is made of. */
export interface GrpcBootstrapOptions {
  readonly nodeId: string;
  readonly nodeCluster: string;
  /** Where the xDS server is, as the gRPC program reaches it. */
  readonly xds: HostPort;
  /** Set where the xDS server speaks TLS; paths as the gRPC program sees them. */
  readonly tls?: TlsFiles | undefined;
  readonly locality?: NodeLocality | undefined;
  /** Told to the control plane, for its group rules. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** `server_listener_resource_name_template`: `%s` stands for the address a gRPC server listens on. */
  readonly serverListenerTemplate?: string | undefined;
  /** Authorities of `xdstp://` names that this server answers for (gRFC A47). */
  readonly authorities?: readonly string[] | undefined;
  /** Certificate provider instances for connections between services (gRFC A29): files by instance name. */
  readonly certificateProviders?: Readonly<Record<string, TlsFiles>> | undefined;
  /** Keep using what the control plane no longer knows (gRFC A53; not heeded by Node). Default `false`. */
  readonly ignoreResourceDeletion?: boolean | undefined;
  /** Let the control plane set the authority header and lower the security of a route (gRFC A81). Default `false`. */
  readonly isTrusted?: boolean | undefined;
}

/** Where a node runs. */
export interface NodeLocality {
  readonly region?: string;
  readonly zone?: string;
  readonly sub_zone?: string;
}

/** How often certificate files are read again; gRPC's own default. */
const REFRESH_INTERVAL = "600s";

/**
 * The bootstrap of gRPC's xDS clients and servers, in JSON: what `GRPC_XDS_BOOTSTRAP` names.
 *
 * @see gRFC A27, A29 (certificates), A36 (servers), A47 (authorities), A65 (TLS to the xDS server)
 */
export function grpcBootstrap(options: GrpcBootstrapOptions): string {
  const { nodeId, nodeCluster, xds, tls, locality, metadata, serverListenerTemplate, authorities } = options;
  const { certificateProviders, ignoreResourceDeletion, isTrusted } = options;
  const server = {
    server_uri: formatHostPort(xds),
    channel_creds: [tls ? { type: "tls", config: fileWatcher(tls) } : { type: "insecure" }],
    server_features: [
      "xds_v3",
      ...(ignoreResourceDeletion ? ["ignore_resource_deletion"] : []),
      ...(isTrusted ? ["trusted_xds_server"] : []),
    ],
  };
  const bootstrap = {
    xds_servers: [server],
    // Node refuses a bootstrap whose node has no locality, be it empty.
    node: { id: nodeId, cluster: nodeCluster, locality: locality ?? {}, ...(metadata && { metadata }) },
    ...(serverListenerTemplate !== undefined && { server_listener_resource_name_template: serverListenerTemplate }),
    ...(certificateProviders && { certificate_providers: providers(certificateProviders) }),
    // An authority without servers of its own uses those above.
    ...(authorities &&
      authorities.length > 0 && { authorities: Object.fromEntries(authorities.map((it) => [it, {}])) }),
  };
  return `${JSON.stringify(bootstrap, null, 2)}\n`;
}

function providers(filesByInstance: Readonly<Record<string, TlsFiles>>) {
  const entries = Object.entries(filesByInstance).map(([instance, files]) => {
    return [instance, { plugin_name: "file_watcher", config: fileWatcher(files) }];
  });
  return Object.fromEntries(entries) as object;
}

function fileWatcher({ caFile, certFile, keyFile }: TlsFiles) {
  return {
    ca_certificate_file: caFile,
    ...(certFile !== undefined && keyFile !== undefined && { certificate_file: certFile, private_key_file: keyFile }),
    refresh_interval: REFRESH_INTERVAL,
  };
}
