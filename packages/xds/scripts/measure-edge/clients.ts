import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { ByteWriter, ClientConnection, type ClientStream, defaultClientOptions, encodeHeaders } from "@fairlead/h2";

/** How many connect at once. */
const atOnce = 100;

const writer = new ByteWriter();
const block = encodeHeaders([
  [":method", "POST"],
  [":scheme", "http"],
  [":path", "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources"],
  [":authority", "127.0.0.1"],
  ["te", "trailers"],
  ["content-type", "application/grpc"],
  ["user-agent", "grpc-c++/1.0"],
]);

/** An answer: a gRPC message of 100 bytes. */
const answer = Buffer.alloc(105);
answer.writeUInt32BE(100, 1);

/** Opens so many connections with a stream each, which sends one message and answers all it gets. */
export async function openClients(port: number, count: number, tls: object | undefined): Promise<void> {
  for (let opened = 0; opened < count; opened += atOnce) {
    await Promise.all(Array.from({ length: Math.min(atOnce, count - opened) }, () => openClient(port, tls)));
  }
}

function openClient(port: number, tls: object | undefined): Promise<void> {
  const options = { port, host: "127.0.0.1", noDelay: true };
  const socket = tls === undefined ? connectTcp(options) : connectTls({ ...options, ...tls, ALPNProtocols: ["h2"] });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("error", reject);
  socket.once(tls === undefined ? "connect" : "secureConnect", () => {
    startClient(socket);
    resolve();
  });
  return promise;
}

function startClient(socket: Socket): void {
  let left = 0;
  const http2 = new ClientConnection(defaultClientOptions, {
    output: () => writer,
    onReady() {},
    onGoaway() {},
    onPong() {},
    onFault(error) {
      throw error;
    },
  });
  const send = (stream: ClientStream): void => void http2.send(stream, answer);
  /** Messages of the server come whole or in parts; their lengths are in their first five bytes, which are never cut here. */
  const onData = (stream: ClientStream, chunk: Uint8Array, start: number, end: number): void => {
    if (left === 0) left = 5 + Buffer.from(chunk.buffer, chunk.byteOffset + start, 5).readUInt32BE(1);
    left -= end - start;
    if (left === 0) send(stream);
  };
  const flush = (): void => {
    const bytes = writer.take();
    if (bytes.length > 0) socket.write(bytes);
    if (socket.writableLength === 0) writer.reuse(bytes);
  };
  http2.start();
  send(http2.open(block, { onHeaders() {}, onData, onTrailers() {}, onClosed() {} }));
  flush();
  socket.on("data", (chunk) => {
    http2.receive(chunk);
    flush();
  });
}
