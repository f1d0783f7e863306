import type { Target } from "./plan.ts";

/** Reads `HOST:PORT`, an IPv6 host in brackets; `undefined` for anything else. */
export function parseAddress(text: string): Pick<Target, "host" | "port"> | undefined {
  if (!/^[^\s/?#@]+:\d+$/.test(text) || !URL.canParse(`xds://${text}`)) return undefined;
  const { hostname, port } = new URL(`xds://${text}`);
  return hostname === "" || port === "" ? undefined : { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) };
}

/** The other way round. */
export function formatAddress({ host, port }: Pick<Target, "host" | "port">): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
