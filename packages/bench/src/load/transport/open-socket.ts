import { connect as connectTcp, isIP, type LookupFunction, type OnReadOpts, type Socket } from "node:net";
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import type { Endpoint, EndpointTls } from "./endpoint.ts";
import { rememberLookups } from "./remember-lookups.ts";

/** One context for all connections to an endpoint: reading the PEM for each of thousands would cost more than connecting. */
const contexts = new WeakMap<EndpointTls, SecureContext>();

const lookups = new WeakMap<Endpoint, LookupFunction>();

/**
 * Starts to connect, with ALPN `h2` over TLS; a name is looked up once. Fails by the socket's `error` event only.
 * @param onBytes called with so many bytes in `buffer`, which it must be done with when it returns; `false` stops reading
 */
export function openSocket(
  endpoint: Endpoint,
  buffer: Buffer,
  onBytes: (length: number) => boolean,
): Socket | TLSSocket {
  const { host, port, tls, localAddress } = endpoint;
  const onread: OnReadOpts = { buffer, callback: onBytes };
  const address = {
    host,
    port,
    onread,
    noDelay: true,
    ...(localAddress !== undefined && { localAddress }),
    ...(isIP(host) === 0 && { lookup: lookupOf(endpoint) }),
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

/** The context of an endpoint. @throws when a certificate, key or CA cannot be read */
export function contextOf(tls: EndpointTls): SecureContext {
  const known = contexts.get(tls);
  if (known !== undefined) return known;
  const { ca, cert, key } = tls;
  const context = createSecureContext({ ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) });
  contexts.set(tls, context);
  return context;
}

function lookupOf(endpoint: Endpoint): LookupFunction {
  let lookup = lookups.get(endpoint);
  if (lookup === undefined) {
    lookup = rememberLookups();
    lookups.set(endpoint, lookup);
  }
  return lookup;
}
