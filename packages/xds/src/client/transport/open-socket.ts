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

/**
 * After so much silence TCP asks whether the server is still there, and gives up 10 s later. Not by HTTP/2 PINGs: many gRPC
 * servers end a connection that sends more than one in five minutes.
 */
const silenceMs = 30_000;

/** Starts to connect to `host:port`, an IPv6 host in brackets. Fails by the socket's `error` event only. */
export function openSocket(target: string, tls: ClientTls | undefined): Socket {
  const { hostname, port } = new URL(`http://${target}`);
  const host = hostname.replace(/^\[|\]$/g, "");
  const address = { host, port: port === "" ? (tls === undefined ? 80 : 443) : Number(port), noDelay: true };
  const socket = tls === undefined ? connectTcp(address) : connectTls({ ...address, ...tlsOptions(tls, host) });
  return socket.setKeepAlive(true, silenceMs);
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
