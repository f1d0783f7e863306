import { constants, type ServerHttp2Stream } from "node:http2";
import { trailersOf } from "../../grpc/status.ts";
import type { RequestHead } from "./request.ts";

/** Answers a request that becomes no call. */
export function refuse(stream: ServerHttp2Stream, head: Exclude<RequestHead, { kind: "call" }>): void {
  if (head.kind === "not-grpc") {
    refuseHttp(stream, head.httpStatus, head.text);
    return;
  }
  const headers = { ":status": 200, "content-type": "application/grpc", "grpc-accept-encoding": "identity,gzip" };
  stream.respond({ ...headers, ...trailersOf(head.status) }, { endStream: true });
  stream.close(constants.NGHTTP2_NO_ERROR);
}

/** Answers by HTTP status and a sentence: whoever asked does not speak gRPC. */
export function refuseHttp(stream: ServerHttp2Stream, httpStatus: number, text: string): void {
  stream.respond({ ":status": httpStatus, "content-type": "text/plain; charset=utf-8" });
  stream.end(text, () => stream.close(constants.NGHTTP2_NO_ERROR));
}
