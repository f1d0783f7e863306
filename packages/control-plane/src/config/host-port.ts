import { isIP } from "node:net";

/** An address to listen on or to connect to. */
export interface HostPort {
  /** A host name or an address, IPv6 without brackets. */
  readonly host: string;
  /** 0 to 65,535; 0 lets the system choose when listening. */
  readonly port: number;
}

/** Reads `host:port`, `[v6]:port`, or `:port` (every address); `undefined` if it is none of them. */
export function parseHostPort(text: string): HostPort | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text);
  if (!match) return undefined;
  const [, v6, name] = match;
  const port = Number(match[3]);
  if (port > 65_535 || (v6 !== undefined && isIP(v6) !== 6)) return undefined;
  return { host: v6 ?? (name === "" ? "::" : name!), port };
}

/** `host:port`, an IPv6 address in brackets. */
export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether only this machine can connect to it. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host) || /^::ffff:127\./i.test(host);
}
