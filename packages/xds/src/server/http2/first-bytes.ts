import type { Socket } from "node:net";

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

const sentence = "This port speaks gRPC over HTTP/2 (xDS), and this was an HTTP/1 request.\n";

const http1Answer = [
  "HTTP/1.1 505 HTTP Version Not Supported",
  "content-type: text/plain; charset=utf-8",
  `content-length: ${sentence.length}`,
  "connection: close",
  "",
  sentence,
].join("\r\n");

/**
 * Looks at the first bytes of a plaintext connection, which `node:http2` does not, and puts them back: HTTP/2 goes on to
 * `onHttp2`, HTTP/1 to `onHttp1`, anything else is closed.
 */
export function awaitPreface(socket: Socket, onHttp2: () => void, onHttp1: () => void): void {
  let seen: Buffer = Buffer.alloc(0);
  const onReadable = (): void => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    const verdict = judge(seen);
    if (verdict === "unclear") return;
    socket.off("readable", onReadable).off("end", onEnd);
    if (verdict === "garbage") {
      socket.destroy();
      return;
    }
    socket.unshift(seen);
    if (verdict === "http2") onHttp2();
    else onHttp1();
  };
  const onEnd = (): void => void socket.destroy(); // before the preface was whole; after it, the session looks itself
  socket.on("readable", onReadable).on("end", onEnd);
}

/** Says in HTTP/1.1 that this is the wrong protocol, and closes. */
export function answerHttp1(socket: Socket): void {
  socket.resume();
  socket.end(http1Answer);
}

function judge(seen: Buffer): "http2" | "http1" | "garbage" | "unclear" {
  const length = Math.min(seen.length, preface.length);
  if (seen.compare(preface, 0, length, 0, length) === 0) return length === preface.length ? "http2" : "unclear";
  const start = seen.toString("latin1", 0, 16);
  if (/^[A-Z]{3,8} /.test(start)) return "http1";
  return /^[A-Z]{0,8}$/.test(start) ? "unclear" : "garbage";
}
