import { formatAddress } from "../../plan/address.ts";
import type { ConnectionEnd, ConnectionEndKind } from "./connection-end.ts";
import type { Endpoint } from "./endpoint.ts";

type Explained = readonly [kind: ConnectionEndKind, what: string];

const byCode: Readonly<Record<string, Explained>> = {
  ECONNREFUSED: ["refused", "nobody listens there (connection refused): is the server up, and is this its xDS port?"],
  EHOSTUNREACH: ["unreachable", "there is no way to that host: check the address and the network"],
  ENETUNREACH: ["unreachable", "there is no way to that network: check the address and the network"],
  EHOSTDOWN: ["unreachable", "that host is down"],
  EACCES: ["unreachable", "this machine does not allow connections there (EACCES): check its firewall"],
  EPERM: ["unreachable", "this machine does not allow connections there (EPERM): check its firewall"],
  ENOTFOUND: ["unknown-host", "no such host is known: check the name, or use the address"],
  EAI_AGAIN: ["unknown-host", "the name server does not answer: check the name, or use the address"],
  ETIMEDOUT: ["connect-timeout", "the host did not answer: check the address and firewalls on the way"],
  EMFILE: [
    "no-descriptors",
    "this process may not open more descriptors: raise `ulimit -n` before the run, or put more streams on a connection",
  ],
  ENFILE: ["no-descriptors", "this machine has no more descriptors: raise the sysctl `fs.file-max`"],
  ENOBUFS: ["no-descriptors", "the kernel has no more memory for sockets: lower the number of connections"],
  EADDRNOTAVAIL: [
    "no-ports",
    "no local port is left for another connection there: put more streams on a connection, give more local addresses, or widen the sysctl `net.ipv4.ip_local_port_range`",
  ],
  ERR_SSL_WRONG_VERSION_NUMBER: [
    "server-speaks-plaintext",
    "the server does not speak TLS on this port: leave TLS out, or use its TLS port",
  ],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: [
    "server-speaks-plaintext",
    "the server does not speak TLS on this port: leave TLS out, or use its TLS port",
  ],
  ERR_SSL_HTTP_REQUEST: [
    "server-speaks-plaintext",
    "the server speaks plain HTTP on this port: leave TLS out, or use its TLS port",
  ],
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: [
    "no-alpn",
    "the server does not offer HTTP/2 over TLS (ALPN `h2`): is this its gRPC port?",
  ],
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: [
    "client-certificate-refused",
    "the server wants a client certificate: give one, with its key",
  ],
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: [
    "client-certificate-refused",
    "the server refused the TLS handshake: it may want a client certificate",
  ],
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: ["client-certificate-refused", "the server refused the client certificate"],
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: [
    "client-certificate-refused",
    "the server refused the client certificate: it has expired",
  ],
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: ["client-certificate-refused", "the server refused the client certificate"],
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: [
    "client-certificate-refused",
    "the server refused the client certificate: its kind or purpose does not suit",
  ],
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: [
    "client-certificate-refused",
    "the server does not know the authority that signed the client certificate",
  ],
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: [
    "client-certificate-refused",
    "the server denied access to the client certificate",
  ],
  CERT_HAS_EXPIRED: ["certificate-refused", "the server's certificate has expired"],
  CERT_NOT_YET_VALID: ["certificate-refused", "the server's certificate is not valid yet: check both clocks"],
  DEPTH_ZERO_SELF_SIGNED_CERT: [
    "certificate-refused",
    "the server's certificate is signed by itself: give it as the CA (--tls-ca), or take any (--tls-insecure)",
  ],
  SELF_SIGNED_CERT_IN_CHAIN: [
    "certificate-refused",
    "the authority of the server's certificate is not trusted: give its CA (--tls-ca), or take any (--tls-insecure)",
  ],
  UNABLE_TO_GET_ISSUER_CERT: [
    "certificate-refused",
    "the authority of the server's certificate is not known: give its CA (--tls-ca), or take any (--tls-insecure)",
  ],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    "certificate-refused",
    "the authority of the server's certificate is not known: give its CA (--tls-ca), or take any (--tls-insecure)",
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    "certificate-refused",
    "the authority of the server's certificate is not known: give its CA (--tls-ca), or take any (--tls-insecure)",
  ],
  CERT_SIGNATURE_FAILURE: ["certificate-refused", "the server's certificate is not signed by the CA that was given"],
  INVALID_PURPOSE: ["certificate-refused", "the server's certificate is not made for servers"],
};

/** The end that an error of a socket means. @param wasReady the server had answered the preface */
export function endOfError(error: NodeJS.ErrnoException, endpoint: Endpoint, wasReady: boolean): ConnectionEnd {
  const one = error instanceof AggregateError ? ((error.errors[0] as NodeJS.ErrnoException) ?? error) : error;
  const [kind, what] = explain(one, wasReady, endpoint.tls !== undefined);
  return endAt(endpoint, kind, what);
}

/** An end whose message begins with the address. */
export function endAt(endpoint: Endpoint, kind: ConnectionEndKind, what: string): ConnectionEnd {
  return { kind, message: `${formatAddress(endpoint)}: ${what}` };
}

/** The end of a connection by HTTP/2 that an error of its socket means. */
export function endOfLink(error: NodeJS.ErrnoException, endpoint: Endpoint, wasReady: boolean): ConnectionEnd {
  const isReset = error.code === "ECONNRESET" || error.code === "EPIPE";
  const isOfSystem = error.syscall !== undefined; // TLS gives the same code to a handshake that broke off, with words of its own
  if (!isReset || !isOfSystem) return endOfError(error, endpoint, wasReady);
  return broken(endpoint, wasReady, "the server closed the connection by a reset", ", before the server answered");
}

/** The end when the server closed the connection; a reset means the same: that it closed while bytes were on their way. */
export function hungUp(endpoint: Endpoint, wasReady: boolean): ConnectionEnd {
  return broken(endpoint, wasReady, "the server closed the connection", " before it answered");
}

function broken(endpoint: Endpoint, wasReady: boolean, what: string, when: string): ConnectionEnd {
  if (wasReady) return endAt(endpoint, "lost", what);
  const hint =
    endpoint.tls === undefined
      ? "does it speak HTTP/2 in plaintext, or want TLS?"
      : "does it speak HTTP/2 over TLS, and want a client certificate?";
  return endAt(endpoint, "hung-up", `${what}${when}: ${hint}`);
}

function explain(error: NodeJS.ErrnoException, wasReady: boolean, isTls: boolean): Explained {
  const code = error.code ?? "";
  const known = byCode[code];
  if (known !== undefined) return known;
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return ["certificate-refused", `${error.message}: connect by that name, or say which one to expect (server name)`];
  }
  if (code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_")) return ["tls-failed", `TLS failed: ${error.message}`];
  const said = error.message === "" ? code : error.message;
  if (isTls && /before secure TLS connection was established/.test(said)) {
    return [
      "hung-up",
      "the connection broke before the server answered, in the TLS handshake: does it speak plaintext? leave out --tls-…",
    ];
  }
  return [
    wasReady ? "lost" : "hung-up",
    `the connection broke${wasReady ? "" : " before the server answered"}: ${said}`,
  ];
}
