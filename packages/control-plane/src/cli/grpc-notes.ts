import type { GrpcBootstrapOptions } from "./grpc-bootstrap.ts";

/** What to heed with a gRPC bootstrap, a sentence each: what some client refuses or passes over, and what resources need. */
export function grpcNotes(options: GrpcBootstrapOptions): readonly string[] {
  const { tls, serverListenerTemplate, ignoreResourceDeletion, isTrusted, certificateProviders } = options;
  return [
    "set GRPC_XDS_BOOTSTRAP to the file's path before the program starts; it is read once",
    "clients call xds:///NAME, and ask for a Listener of that NAME with an api_listener; its last HTTP filter is the router",
    "clusters are of type EDS over ADS, LOGICAL_DNS or aggregate; each locality has a name and a load_balancing_weight",
    "`fairlead check DIR --target grpc` says what of your resources gRPC would refuse or pass over",
    ...(tls
      ? [
          "grpc-js (Node) knows no TLS to its xDS server, and refuses this bootstrap",
          "grpc-java takes no files here: it trusts what its JVM trusts (javax.net.ssl.trustStore), and shows no certificate",
        ]
      : []),
    ...(serverListenerTemplate === undefined
      ? []
      : [
          `a server on 0.0.0.0:50051 asks for the Listener ${serverListenerTemplate.replaceAll("%s", "0.0.0.0:50051")}, whose address must be just that`,
        ]),
    ...(ignoreResourceDeletion ? ["grpc-js (Node) does not know ignore_resource_deletion"] : []),
    ...(isTrusted ? ["only Go, Java and C++ heed trusted_xds_server (gRFC A81)"] : []),
    ...(certificateProviders ? ["the program must use xDS credentials, or certificate_providers are not used"] : []),
  ];
}
