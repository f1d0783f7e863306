import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { Auth, KV, Lease, Watch } from "../../../gen/etcd/rpc_pb.js";
import { formatHostPort, type HostPort } from "../../config/host-port.ts";
import type { EtcdTls } from "./settings.ts";

/** One member of an etcd cluster, over one HTTP/2 connection that is made when it is first needed. */
export interface Endpoint {
  /** `HOST:PORT`. */
  readonly name: string;
  readonly kv: Client<typeof KV>;
  readonly lease: Client<typeof Lease>;
  readonly watch: Client<typeof Watch>;
  readonly auth: Client<typeof Auth>;
  /** When anything came from it last, by `performance.now()`. */
  heardAt: number;
  /** Drops the connection with all that is under way on it; the next call makes a new one. */
  disconnect(why: string): void;
}

/** A page of ranges is well below; a larger message is no answer of etcd's. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

// etcd closes connections that are pinged more often than every 5 s.
const PINGS = { pingIntervalMs: 10_000, pingTimeoutMs: 5_000, idleConnectionTimeoutMs: 600_000 };

/** Where a member is, and how to talk to it. */
export function createEndpoint(address: HostPort, tls: (() => EtcdTls) | undefined): Endpoint {
  const name = formatHostPort(address);
  const baseUrl = `${tls ? "https" : "http"}://${name}`;
  const sessionManager = new Http2SessionManager(
    baseUrl,
    PINGS,
    tls && { createConnection: () => secured(address, tls()) },
  );
  const transport = createGrpcTransport({
    baseUrl,
    sessionManager,
    readMaxBytes: MAX_MESSAGE_BYTES,
    writeMaxBytes: MAX_MESSAGE_BYTES,
    acceptCompression: [],
  });
  return {
    name,
    kv: createClient(KV, transport),
    lease: createClient(Lease, transport),
    watch: createClient(Watch, transport),
    auth: createClient(Auth, transport),
    heardAt: Number.NEGATIVE_INFINITY,
    disconnect: (why) => sessionManager.abort(new Error(why)),
  };
}

/** A connection as `node:http2` would make it, by the certificates of now. */
function secured({ host, port }: HostPort, { ca, cert, key }: EtcdTls): TLSSocket {
  return connect({
    host,
    port,
    ALPNProtocols: ["h2"],
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca && { ca: bytesOf(ca) }),
    ...(cert && { cert: bytesOf(cert) }),
    ...(key && { key: bytesOf(key) }),
  });
}

function bytesOf(pem: string | Uint8Array): Buffer {
  return Buffer.from(pem);
}
