import { parseHostPort } from "../config/host-port.ts";
import { FairleadError } from "../errors.ts";
import type { BootstrapMode } from "./bootstrap-modes.ts";
import { envoyBootstrap } from "./envoy-bootstrap.ts";
import { findXds, type TlsFiles, type XdsOptions } from "./find-xds.ts";
import { grpcBootstrap, type NodeLocality } from "./grpc-bootstrap.ts";
import { grpcNotes } from "./grpc-notes.ts";

/** Options of `fairlead bootstrap envoy`. */
export interface BootstrapEnvoyOptions extends XdsOptions {
  readonly mode: BootstrapMode;
  readonly node: string;
  readonly cluster: string;
  readonly envoyAdmin: string;
}

/** `fairlead bootstrap envoy`: prints a bootstrap that works with the running control plane. */
export async function bootstrapEnvoy(options: BootstrapEnvoyOptions): Promise<void> {
  const { mode, node, cluster, envoyAdmin } = options;
  const { address, tls } = await findXds(options);
  const envoyAdminAddress = parseHostPort(envoyAdmin)!;
  process.stdout.write(
    envoyBootstrap({ mode, nodeId: node, nodeCluster: cluster, xds: address, envoyAdmin: envoyAdminAddress, tls }),
  );
}

/** Options of `fairlead bootstrap grpc`. */
export interface BootstrapGrpcOptions extends XdsOptions {
  readonly node: string;
  readonly cluster: string;
  readonly locality?: string;
  readonly metadata?: readonly string[];
  /** `true`: the usual one. */
  readonly serverListenerTemplate?: string | true;
  readonly authority?: readonly string[];
  readonly provider?: readonly string[];
  readonly ignoreResourceDeletion?: boolean;
  readonly trusted?: boolean;
}

/** The template that gRPC's own examples use. */
const SERVER_LISTENER_TEMPLATE = "grpc/server?xds.resource.listening_address=%s";

/**
 * `fairlead bootstrap grpc`: prints a bootstrap that works with the running control plane, and on standard error what to
 * heed.
 *
 * @throws FairleadError `usage`
 */
export async function bootstrapGrpc(options: BootstrapGrpcOptions): Promise<void> {
  const { node, cluster, locality, metadata, serverListenerTemplate: template, authority, provider } = options;
  const own = {
    locality: locality === undefined ? undefined : readLocality(locality),
    metadata: metadata && Object.fromEntries(metadata.map((text) => readPair("--metadata", text))),
    serverListenerTemplate: template === true ? SERVER_LISTENER_TEMPLATE : template,
    certificateProviders: provider && Object.fromEntries(provider.map(readProvider)),
  };
  const { address, tls } = await findXds(options);
  const bootstrap = {
    nodeId: node,
    nodeCluster: cluster,
    xds: address,
    tls,
    ...own,
    authorities: authority,
    ignoreResourceDeletion: options.ignoreResourceDeletion,
    isTrusted: options.trusted,
  };
  process.stdout.write(grpcBootstrap(bootstrap));
  for (const note of grpcNotes(bootstrap)) process.stderr.write(`note: ${note}\n`);
}

function readLocality(text: string): NodeLocality {
  const parts = text.split("/");
  if (parts.length > 3) {
    throw new FairleadError("usage", `--locality ${text} has more than three parts: REGION/ZONE/SUBZONE`);
  }
  const [region = "", zone = "", sub_zone = ""] = parts;
  return { ...(region && { region }), ...(zone && { zone }), ...(sub_zone && { sub_zone }) };
}

function readProvider(text: string): readonly [string, TlsFiles] {
  const [name, files] = readPair("--provider", text);
  const [caFile, certFile, keyFile, ...more] = files.split(",");
  if (!caFile || more.length > 0 || (certFile === undefined) !== (keyFile === undefined)) {
    throw new FairleadError("usage", `--provider ${text} is not NAME=CA or NAME=CA,CERT,KEY`);
  }
  return [name, { caFile, ...(certFile !== undefined && keyFile !== undefined && { certFile, keyFile }) }];
}

function readPair(option: string, text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new FairleadError("usage", `${option} ${text} lacks its key: write KEY=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}
