import type { Socket } from "node:net";

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

const http1Method = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE) /;

const sentence = "This port speaks gRPC over HTTP/2 (xDS), and this was an HTTP/1 request.\n";

const http1Answer = [
  "HTTP/1.1 505 HTTP Version Not Supported",
  "content-type: text/plain; charset=utf-8",
  `content-length: ${sentence.length}`,
  "connection: close",
  "",
  sentence,
].join("\r\n");

/** What came first over a plaintext connection. */
export type FirstBytes = "http2" | "http1" | "garbage" | "unclear";

/**
 * Waits for the first bytes of a socket, and leaves no listener behind.
 * @param onJudged told what they are, with all that came; it is not told of a socket that goes before
 */
export function awaitFirstBytes(socket: Socket, onJudged: (kind: FirstBytes, seen: Buffer) => void): void {
  let seen: Buffer = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    const kind = judge(seen);
    if (kind === "unclear") return;
    socket.off("data", onData).off("end", onEnd);
    onJudged(kind, seen);
  };
  const onEnd = (): void => void socket.destroy(); // before they were whole
  socket.on("data", onData).on("end", onEnd);
}

/** Says in HTTP/1.1 that this is the wrong protocol, and closes. */
export function answerHttp1(socket: Socket): void {
  socket.resume();
  socket.end(http1Answer);
}

function judge(seen: Buffer): FirstBytes {
  const length = Math.min(seen.length, preface.length);
  if (seen.compare(preface, 0, length, 0, length) === 0) return length === preface.length ? "http2" : "unclear";
  const start = seen.toString("latin1", 0, 16);
  if (http1Method.test(start)) return "http1";
  return /^[A-Z]{0,8}$/.test(start) ? "unclear" : "garbage";
}
