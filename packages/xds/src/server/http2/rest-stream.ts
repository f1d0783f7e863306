import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { ExchangePort } from "../http/exchange.ts";
import type { HttpAnswer } from "../transport.ts";
import type { Http2Connection } from "./connection.ts";

/** A stream of HTTP/2 that carries no gRPC call, as an exchange sees it. */
export function exchangePort(
  connection: Http2Connection,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  bytesWritten: () => number,
): ExchangePort {
  return {
    head: {
      connection,
      method: headers[":method"] ?? "",
      path: (headers[":path"] ?? "").replace(/\?.*$/, ""),
      contentType: headers["content-type"] ?? "",
      contentLength: Number(headers["content-length"] ?? 0),
      userAgent: headers["user-agent"] ?? "",
    },
    body: stream,
    bodyLimitBytes: connection.messageLimitBytes,
    canQueue: (bytes) => connection.canQueue(bytes),
    write: (answer, isLast) => write(connection, stream, answer, isLast),
    bytesWritten,
    destroy: () => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM),
  };
}

function write(
  connection: Http2Connection,
  stream: ServerHttp2Stream,
  { status, contentType, retryAfterS, body }: HttpAnswer,
  isLast: boolean,
): void {
  if (stream.destroyed || stream.closed) return;
  const bytes = body?.length ?? 0;
  connection.queuedBytes += bytes;
  stream.once("close", () => {
    connection.queuedBytes -= bytes;
  });
  connection.forgivePings();
  stream.respond({
    ":status": status,
    ...(contentType !== undefined && { "content-type": contentType }),
    ...(retryAfterS !== undefined && { "retry-after": String(retryAfterS) }),
    ...(body && { "content-length": bytes }),
  });
  // What the client may still be sending nobody reads.
  stream.end(body, () => isLast && stream.close(constants.NGHTTP2_NO_ERROR));
}
