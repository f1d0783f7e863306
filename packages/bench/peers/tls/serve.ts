import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { encodeDiscoveryResponse } from "../node/messages.ts";
import type { Options, Tls } from "../node/options.ts";
import type { Served } from "../node/program.ts";
import { type Snapshot, typeUrlOf } from "../node/snapshot.ts";

const BACKLOG = 4_096;
/** What a client says first: see the floor's README. It is not looked into, since nothing is to be kept of a connection. */
const HELLO_BYTES = 16;
const LENGTH_BYTES = 4;

/** Serves whole states by `node:tls`: what remains is the price of the connection. */
export async function serveTls({ xdsPort, tls }: Options, latest: () => Snapshot): Promise<Served> {
  if (tls === undefined) throw new Error("it serves nothing but TLS: give --tls-cert and --tls-key");
  const sockets = new Set<TLSSocket>();
  let state = frameState(latest());
  const server = createServer(securityOf(tls), (socket) => {
    socket.setNoDelay(true);
    socket.on("error", () => {}); // a client that goes away is no fault
    socket.once("close", () => sockets.delete(socket));
    socket.once("data", (hello: Buffer) => {
      if (hello.length < HELLO_BYTES) return socket.destroy(); // one record, unless somebody else calls
      sockets.add(socket);
      socket.write(state);
      socket.resume(); // answers are read, and that is all
    });
  });
  server.on("tlsClientError", () => {});
  server.listen({ port: xdsPort, host: "127.0.0.1", backlog: BACKLOG });
  await once(server, "listening");
  const onChange = () => {
    state = frameState(latest());
    for (const socket of sockets) if (!socket.writableNeedDrain) socket.write(state);
  };
  return { port: (server.address() as AddressInfo).port, onChange };
}

function securityOf({ cert, key, ca }: Tls) {
  return { cert, key, ...(ca !== undefined && { ca, requestCert: true, rejectUnauthorized: true }) };
}

/** A snapshot behind its length. */
function frameState(snapshot: Snapshot): Buffer {
  const version = String(snapshot.revision);
  const body = encodeDiscoveryResponse({
    versionInfo: version,
    resources: snapshot.held.map(({ any }) => any),
    typeUrl: typeUrlOf(snapshot.shape),
    nonce: version,
  });
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}
