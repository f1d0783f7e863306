import { connect as connectTcp, isIP, type LookupFunction, type OnReadOpts, type Socket } from "node:net";
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import type { Endpoint, EndpointTls } from "./endpoint.ts";

/** One context for all connections to an endpoint: reading the PEM for each of thousands would cost more than connecting. */
const contexts = new WeakMap<EndpointTls, SecureContext>();

/**
 * Starts to connect, with ALPN `h2` over TLS. Fails by the socket's `error` event only, but for PEM that cannot be read.
 * @param onBytes called with so many bytes in `buffer`, which it must be done with when it returns; `false` stops reading
 * @throws when a certificate, key or CA cannot be read
 */
export function openSocket(
  endpoint: Endpoint,
  buffer: Buffer,
  onBytes: (length: number) => boolean,
  lookup: LookupFunction | undefined,
): Socket | TLSSocket {
  const { host, port, tls, localAddress } = endpoint;
  const onread: OnReadOpts = { buffer, callback: onBytes };
  const address = {
    host,
    port,
    onread,
    noDelay: true,
    ...(localAddress !== undefined && { localAddress }),
    ...(lookup !== undefined && { lookup }),
  };
  if (tls === undefined) return connectTcp(address);
  const name = tls.serverName ?? (isIP(host) === 0 ? host : undefined);
  return connectTls({
    ...address,
    ALPNProtocols: ["h2"],
    secureContext: contextOf(tls),
    rejectUnauthorized: tls.insecure !== true,
    ...(name !== undefined && { servername: name }),
  });
}

function contextOf(tls: EndpointTls): SecureContext {
  const known = contexts.get(tls);
  if (known !== undefined) return known;
  const { ca, cert, key } = tls;
  const context = createSecureContext({ ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) });
  contexts.set(tls, context);
  return context;
}
