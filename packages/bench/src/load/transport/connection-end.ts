/**
 * Why a connection ended.
 *
 * - `closed`: from here
 * - `refused`, `unreachable`, `unknown-host`, `connect-timeout`: nobody answered
 * - `no-descriptors`, `no-ports`: this machine ran out of them
 * - `server-speaks-tls`, `server-speaks-plaintext`, `http1`, `not-http2`, `no-alpn`: the server speaks something else
 * - `certificate-refused`: the server's, by us; `client-certificate-refused`: ours, by the server; `tls-failed`: another TLS fault
 * - `hung-up`: the server closed or reset it before it answered the preface; `settings-timeout`: it never answered
 * - `lost`: the server closed or reset it later; `goaway`: after it had said so
 * - `protocol-error`: the server broke a rule of HTTP/2
 * - `not-reading`: the server leaves unread what is sent to it
 */
export type ConnectionEndKind =
  | "closed"
  | "refused"
  | "unreachable"
  | "unknown-host"
  | "connect-timeout"
  | "no-descriptors"
  | "no-ports"
  | "server-speaks-tls"
  | "server-speaks-plaintext"
  | "http1"
  | "not-http2"
  | "no-alpn"
  | "certificate-refused"
  | "client-certificate-refused"
  | "tls-failed"
  | "hung-up"
  | "settings-timeout"
  | "lost"
  | "goaway"
  | "protocol-error"
  | "not-reading";

/** How a connection ended. */
export interface ConnectionEnd {
  readonly kind: ConnectionEndKind;
  /** Names the address, what happened, and what to look at. */
  readonly message: string;
}

/** An end by our own will. */
export const closedHere: ConnectionEnd = { kind: "closed", message: "closed from here" };
