import type { ServerDocument } from "../admin/schemas/health.ts";
import { formatHostPort, type HostPort, parseHostPort } from "../config/host-port.ts";
import { FairleadError } from "../errors.ts";
import { createAdminClient } from "./admin-client.ts";
import type { BootstrapMode } from "./bootstrap-modes.ts";
import { envoyBootstrap } from "./envoy-bootstrap.ts";

/** Options of `fairlead bootstrap envoy`. */
export interface BootstrapEnvoyOptions {
  readonly mode: BootstrapMode;
  readonly node: string;
  readonly cluster: string;
  readonly envoyAdmin: string;
  readonly admin: string;
  readonly xds?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** `fairlead bootstrap envoy`: prints a bootstrap that works with the running control plane. */
export async function bootstrapEnvoy(options: BootstrapEnvoyOptions): Promise<void> {
  const { mode, node, cluster, envoyAdmin, ca, cert, key } = options;
  const { address, isTls } = await findXds(options);
  if (isTls && ca === undefined) {
    throw new FairleadError(
      "usage",
      "the xDS server speaks TLS: say with --ca FILE which certificate authority Envoy is to trust",
    );
  }
  if ((cert === undefined) !== (key === undefined)) throw new FairleadError("usage", "--cert and --key go together");
  const tls = ca === undefined ? undefined : { caFile: ca, ...(cert && key && { certFile: cert, keyFile: key }) };
  const yaml = envoyBootstrap({
    mode,
    nodeId: node,
    nodeCluster: cluster,
    xds: address,
    envoyAdmin: parseHostPort(envoyAdmin)!,
    tls,
  });
  process.stdout.write(yaml);
}

/** Where the xDS server is: as told, else as its admin API says, else where it is by default. */
async function findXds(options: BootstrapEnvoyOptions): Promise<{ address: HostPort; isTls: boolean }> {
  if (options.xds !== undefined) return { address: parseHostPort(options.xds)!, isTls: options.ca !== undefined };
  const found = await askForXds(options.admin);
  if (found) return found;
  const address = { host: "127.0.0.1", port: 18_000 };
  process.stderr.write(
    `no answer from ${options.admin}: taking ${formatHostPort(address)} for the xDS server; --xds says otherwise\n`,
  );
  return { address, isTls: options.ca !== undefined };
}

/** The xDS server's address as the admin API at that URL tells it; `undefined` if it does not answer. */
export async function askForXds(admin: string): Promise<{ address: HostPort; isTls: boolean } | undefined> {
  const client = createAdminClient(admin);
  try {
    const { xds } = await client.get<ServerDocument>("/v1/server");
    if (!xds) return undefined;
    // Listening on every address, it is reached under the name under which the admin API was.
    const isAny = xds.host === "0.0.0.0" || xds.host === "::";
    const host = isAny ? new URL(client.url).hostname.replace(/^\[|\]$/g, "") : xds.host;
    return { address: { host, port: xds.port }, isTls: xds.tls };
  } catch (error) {
    if (error instanceof FairleadError && error.code === "admin-unreachable") return undefined;
    throw error;
  }
}
