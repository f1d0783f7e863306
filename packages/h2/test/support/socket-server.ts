import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import {
  ByteWriter,
  defaultServerOptions,
  encodeHeaders,
  type RequestHandler,
  ServerConnection,
  type ServerOptions,
} from "../../src/index.ts";

const headersOfAnswer = encodeHeaders([
  [":status", "200"],
  ["content-type", "text/plain"],
]);
const tooLarge = encodeHeaders([[":status", "431"]]);
const body = Buffer.from("hello, world\n");

/** Answers every request with 200 and a few bytes, when all of it has come. */
function answer(connection: ServerConnection): RequestHandler {
  return {
    onData() {},
    onEnd(stream) {
      connection.respond(stream, headersOfAnswer);
      connection.send(stream, body);
      connection.end(stream);
    },
    onSent() {},
    onClosed() {},
  };
}

/** Serves a socket with a {@link ServerConnection}. */
export function serveSocket(socket: Socket, options: Partial<ServerOptions> = {}): ServerConnection {
  const out = new ByteWriter(1_024);
  const flush = (): void => {
    if (out.length > 0) socket.write(Buffer.from(out.take()));
  };
  const connection: ServerConnection = new ServerConnection(
    { ...defaultServerOptions, ...options },
    {
      output: () => out,
      writeShared: (frames) => {
        flush();
        socket.write(frames);
      },
      onRequest: (stream, _headers, isEndStream) => {
        const handler = answer(connection);
        if (isEndStream) handler.onEnd(stream);
        return handler;
      },
      onHeadersTooLarge: (stream) => connection.respond(stream, tooLarge, true),
      onPing() {},
      onSettings() {},
      onGoaway() {},
      onMinorFault() {},
      onFault() {
        flush();
        socket.end();
      },
    },
  );
  connection.start();
  flush();
  socket.on("data", (chunk) => {
    connection.receive(chunk);
    flush();
  });
  socket.on("error", () => connection.lose());
  socket.on("close", () => connection.lose());
  return connection;
}

/** A server on a free port of 127.0.0.1 that speaks HTTP/2 by our server half, and says hello. */
export async function startHelloServer(
  options: Partial<ServerOptions> = {},
): Promise<{ server: Server; port: number }> {
  const server = createServer({ noDelay: true }, (socket) => void serveSocket(socket, options));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as AddressInfo).port };
}
