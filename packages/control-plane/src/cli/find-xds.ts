import type { ServerDocument } from "../admin/schemas/health.ts";
import { formatHostPort, type HostPort, parseHostPort } from "../config/host-port.ts";
import { FairleadError } from "../errors.ts";
import { createAdminClient } from "./admin-client.ts";

/** Options that say where an xDS server is and how it is trusted. */
export interface XdsOptions {
  readonly admin: string;
  readonly xds?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** An xDS server, and the files with which to connect to it over TLS. */
export interface FoundXds {
  readonly address: HostPort;
  readonly tls: TlsFiles | undefined;
}

/** Files in PEM. */
export interface TlsFiles {
  readonly caFile: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

const DEFAULT_ADDRESS: HostPort = { host: "127.0.0.1", port: 18_000 };

/**
 * Where the xDS server is: as told, else as its admin API says, else where it is by default.
 *
 * @throws FairleadError `usage` where it speaks TLS and no authority to trust is given
 */
export async function findXds(options: XdsOptions): Promise<FoundXds> {
  const tls = readTlsOptions(options);
  if (options.xds !== undefined) return { address: parseHostPort(options.xds)!, tls };
  const found = await askForXds(options.admin);
  if (!found) {
    const address = formatHostPort(DEFAULT_ADDRESS);
    process.stderr.write(`no answer from the admin API at ${options.admin}: trying ${address}; --xds says otherwise\n`);
    return { address: DEFAULT_ADDRESS, tls };
  }
  if (found.isTls && !tls) {
    throw new FairleadError(
      "usage",
      "the xDS server speaks TLS: say with --ca FILE which certificate authority to trust",
    );
  }
  return { address: found.address, tls };
}

function readTlsOptions({ ca, cert, key }: XdsOptions): TlsFiles | undefined {
  if ((cert === undefined) !== (key === undefined)) throw new FairleadError("usage", "--cert and --key go together");
  if (ca === undefined) {
    if (cert !== undefined) throw new FairleadError("usage", "--cert and --key need --ca, the authority to trust");
    return undefined;
  }
  return { caFile: ca, ...(cert !== undefined && key !== undefined && { certFile: cert, keyFile: key }) };
}

async function askForXds(admin: string): Promise<{ address: HostPort; isTls: boolean } | undefined> {
  const client = createAdminClient(admin);
  try {
    const { xds } = await client.get<ServerDocument>("/v1/server");
    if (!xds) return undefined;
    // Listening on every address, it is reached under the name under which the admin API was.
    const isEvery = xds.host === "0.0.0.0" || xds.host === "::";
    const host = isEvery ? new URL(client.url).hostname.replace(/^\[|\]$/g, "") : xds.host;
    return { address: { host, port: xds.port }, isTls: xds.tls };
  } catch (error) {
    if (error instanceof FairleadError && error.code === "admin-unreachable") return undefined;
    throw error;
  }
}
