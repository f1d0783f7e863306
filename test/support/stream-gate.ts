import { once } from "node:events";
import { connect, createServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { waitFor } from "./wait-for.ts";

/** An HTTP/2 way to a server on which a test can keep streams back: for their client they are open, and the server hears nothing of them. */
export interface StreamGate {
  /** Where to connect: 127.0.0.1, without TLS. */
  readonly port: number;
  /** Keeps back each stream to come whose path contains that word, until {@link StreamGate.release}. */
  hold(word: string): void;
  release(): void;
  /** Waits until so many streams whose path contains that word have got through since {@link StreamGate.hold}. */
  untilPassed(word: string, count: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens a way to a port of 127.0.0.1. A connection ends with that which it has to the server. */
export async function openGate(targetPort: number): Promise<StreamGate> {
  let held: string | undefined;
  let waiting: (() => void)[] = [];
  let passed: string[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on("session", (session) => {
    sessions.add(session);
    const target = connect(`http://127.0.0.1:${targetPort}`);
    target.on("error", () => {});
    session.on("error", () => {});
    target.once("close", () => session.destroy());
    session.once("close", () => {
      sessions.delete(session);
      target.destroy();
    });
    session.on("stream", (stream, headers) => {
      stream.on("error", () => {});
      const path = headers[":path"]!;
      const pass = () => {
        if (stream.destroyed || target.destroyed) return;
        passed.push(path);
        forward(stream, target.request(headers));
      };
      if (held !== undefined && path.includes(held)) waiting.push(pass);
      else pass();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    hold(word) {
      held = word;
      passed = [];
    },
    release() {
      held = undefined;
      const released = waiting;
      waiting = [];
      for (const pass of released) pass();
    },
    async untilPassed(word, count) {
      const counted = () => passed.filter((path) => path.includes(word)).length;
      await waitFor(
        () => `${count} streams for ${word}; there were ${counted()}`,
        () => counted() >= count,
        { timeoutMs: 60_000 },
      );
    },
    async close() {
      server.close();
      for (const session of sessions) session.destroy();
      if (server.listening) await once(server, "close");
    },
  };
}

function forward(from: ServerHttp2Stream, to: ReturnType<ReturnType<typeof connect>["request"]>): void {
  let trailers = {};
  to.on("error", () => {});
  to.once("response", (headers, flags) => {
    const isEnd = (flags & 1) !== 0; // END_STREAM: a response of trailers only
    from.respond(headers, { endStream: isEnd, waitForTrailers: !isEnd });
    if (!isEnd) to.pipe(from);
  });
  to.once("trailers", (headers) => {
    trailers = headers;
  });
  from.once("wantTrailers", () => from.sendTrailers(trailers));
  from.pipe(to);
  from.once("close", () => to.destroy());
  to.once("close", () => {
    if (!to.readableEnded) from.close(to.rstCode);
  });
}
