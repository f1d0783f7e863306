import { once } from "node:events";
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { answerTo, bodyOf, common } from "./answers.ts";

/** A server on `node:http2`, which others have proven: answers as {@link answerTo} says. */
export interface OracleServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1. */
export async function listenOracle(): Promise<OracleServer> {
  const sessions = new Set<ServerHttp2Session>();
  const server: Http2Server = createServer({
    maxHeaderListPairs: common.maxHeaderPairs,
    streamResetBurst: 100_000,
    settings: {
      initialWindowSize: common.streamWindowBytes,
      maxConcurrentStreams: common.maxStreams,
      maxHeaderListSize: common.maxHeaderListBytes,
      headerTableSize: common.headerTableBytes,
      enablePush: false,
    },
  });
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", ignore);
    session.on("close", () => sessions.delete(session));
  });
  server.on("sessionError", ignore);
  server.on("stream", answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function answer(stream: ServerHttp2Stream, headers: { readonly ":path"?: string }) {
  stream.on("error", ignore);
  const wanted = answerTo(headers[":path"] ?? "");
  let bytes = 0;
  const respond = (): void => {
    stream.respond({ ":status": 200, "content-type": "text/plain" }, {
      waitForTrailers: true,
      sendDate: false,
    } as object);
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-bytes": String(bytes) }));
  };
  stream.on("data", (chunk: Buffer) => {
    if (wanted.kind !== "now") bytes += chunk.length;
    if (wanted.kind === "echo" && !stream.closed) stream.write(chunk);
  });
  stream.on("end", () => {
    if (stream.destroyed || stream.closed) return;
    if (wanted.kind === "count") {
      respond();
      stream.end(`${bytes} bytes`);
    } else if (wanted.kind === "echo") stream.end();
  });
  switch (wanted.kind) {
    case "echo":
      return respond();
    case "now":
      bytes = wanted.bytes;
      respond();
      stream.end(bodyOf(bytes));
      return;
    case "empty":
      return stream.respond({ ":status": 404 }, { endStream: true, sendDate: false } as object);
    case "reset":
      return stream.close(wanted.code);
  }
}

function ignore(): void {}
