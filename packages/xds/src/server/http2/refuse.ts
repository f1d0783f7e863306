import { encodeHeaders, type ServerStream as Http2Stream, type ServerConnection } from "@fairlead/h2";
import type { RequestHead } from "./request.ts";
import { statusBlock } from "./response-headers.ts";

/** Answers a request that becomes no call. */
export function refuse(
  http2: ServerConnection,
  stream: Http2Stream,
  head: Exclude<RequestHead, { kind: "call" }>,
): void {
  if (head.kind === "not-grpc") refuseHttp(http2, stream, head.httpStatus, head.isHead ? "" : head.text);
  else http2.respond(stream, statusBlock(head.status), true);
}

/** Answers by HTTP status and a sentence, which may be empty: whoever asked does not speak gRPC. */
export function refuseHttp(http2: ServerConnection, stream: Http2Stream, httpStatus: number, text: string): void {
  const headers = [
    [":status", String(httpStatus)],
    ["content-type", "text/plain; charset=utf-8"],
  ] as const;
  http2.respond(stream, encodeHeaders(headers), text === "");
  if (text === "") return;
  http2.send(stream, Buffer.from(text));
  http2.end(stream);
}
