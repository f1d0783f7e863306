/** Where connections go. One object serves any number of them. */
export interface Endpoint {
  /** Name or IP address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Left out: plaintext. */
  readonly tls?: EndpointTls;
  /** What `:authority` says. Default: `host:port`. */
  readonly authority?: string;
  /** The local address to connect from. An address has about 28,000 ports, so more connections need several. */
  readonly localAddress?: string;
}

/** TLS from the client's side; PEM, not files. */
export interface EndpointTls {
  /** Authorities that may sign the server's certificate. Default: those that Node trusts. */
  readonly ca?: string;
  /** The client's own certificate and key, for mutual TLS. */
  readonly cert?: string;
  readonly key?: string;
  /** The name that the certificate must be for, also sent as SNI. Default: the host. */
  readonly serverName?: string;
  /** Takes any certificate. Default `false`. */
  readonly insecure?: boolean;
}
