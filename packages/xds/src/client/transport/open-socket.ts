import { connect as connectTcp, isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";

/** TLS from the client's side. PEM, not files. */
export interface ClientTls {
  /** Authorities that may sign the server's certificate. Default: those that Node trusts. */
  readonly ca?: string | Uint8Array;
  /** The client's own certificate and key, for mutual TLS. */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  /** The name that the certificate must hold. Default: the target's host. */
  readonly serverName?: string;
}

/** Starts to connect to `host:port`, an IPv6 host in brackets. Fails by the socket's `error` event only. */
export function openSocket(target: string, tls: ClientTls | undefined): Socket {
  const { hostname, port } = new URL(`http://${target}`);
  const host = hostname.replace(/^\[|\]$/g, "");
  const address = { host, port: port === "" ? (tls === undefined ? 80 : 443) : Number(port), noDelay: true };
  return tls === undefined ? connectTcp(address) : connectTls({ ...address, ...tlsOptions(tls, host) });
}

function tlsOptions(tls: ClientTls, host: string): ConnectionOptions {
  const pem = (value: string | Uint8Array): string | Buffer => (typeof value === "string" ? value : Buffer.from(value));
  const name = tls.serverName ?? (isIP(host) === 0 ? host : undefined);
  return {
    ALPNProtocols: ["h2"],
    ...(tls.ca && { ca: pem(tls.ca) }),
    ...(tls.cert && { cert: pem(tls.cert) }),
    ...(tls.key && { key: pem(tls.key) }),
    ...(name && { servername: name }),
  };
}
