import { formatHostPort, type HostPort, parseHostPort } from "../../config/host-port.ts";
import { FairleadError } from "../../errors.ts";

/** How an etcd cluster is reached. */
export interface EtcdSettings {
  /** Its members; one is enough, more are there for when one is away. */
  readonly endpoints: readonly HostPort[];
  /** What all keys begin with, without a slash at its end. Default `/fairlead`. */
  readonly prefix?: string;
  /** Whether connections are encrypted, and how: asked for each connection, since certificates are renewed. Must not throw. Default: not. */
  readonly tls?: (() => EtcdTls) | undefined;
  readonly username?: string | undefined;
  /** Never told to anyone but etcd. */
  readonly password?: string | undefined;
  /** How long a call may take, with all its attempts, ms. Default 5,000. */
  readonly callTimeoutMs?: number;
}

/** What TLS needs, PEM. */
export interface EtcdTls {
  /** Who signed etcd's certificates. Default: whom the system trusts. */
  readonly ca?: string | Uint8Array | undefined;
  /** Certificate and key by which etcd knows this client. */
  readonly cert?: string | Uint8Array | undefined;
  readonly key?: string | Uint8Array | undefined;
}

/** The prefix where none is given. */
export const DEFAULT_PREFIX = "/fairlead";

/** Endpoints at most: more are a mistake. */
const MAX_ENDPOINTS = 16;

/**
 * Reads `etcd://HOST:PORT,HOST:PORT[/prefix]`.
 *
 * @throws FairleadError `config-invalid`
 */
export function parseEtcdUrl(url: string): Pick<EtcdSettings, "endpoints" | "prefix"> {
  const [, hosts = "", path = ""] = /^etcd:\/\/([^/]+)(\/.*)?$/.exec(url) ?? [];
  const endpoints = hosts.split(",").map(parseHostPort);
  if (endpoints.length > MAX_ENDPOINTS || !endpoints.every((it) => it !== undefined)) {
    // Not repeated: somebody may have put a password into it.
    throw new FairleadError(
      "config-invalid",
      `not the address of a store: expected etcd://HOST:PORT,HOST:PORT[/prefix] with at most ${MAX_ENDPOINTS} members; user and password belong into the configuration (store.etcd)`,
    );
  }
  const prefix = path.replace(/\/+$/, "");
  return { endpoints, ...(prefix ? { prefix } : {}) };
}

/** For messages: `etcd://HOST:PORT,…/prefix`. */
export function nameOf({ endpoints, prefix = DEFAULT_PREFIX }: EtcdSettings): string {
  const hosts = endpoints.map(formatHostPort).join(",");
  return `etcd://${hosts}${prefix === DEFAULT_PREFIX ? "" : prefix}`;
}
