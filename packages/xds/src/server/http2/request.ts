import type { IncomingHttpHeaders } from "node:http2";
import { isGrpcContentType } from "../../grpc/content-type.ts";
import { status } from "../../grpc/status.ts";
import { parseGrpcTimeout } from "../../grpc/timeout.ts";
import type { GrpcStatus } from "../transport.ts";

/** How the messages of a request may be compressed. */
export type RequestEncoding = "identity" | "gzip";

/** What the headers of a request say. */
export type RequestHead =
  | {
      readonly kind: "call";
      readonly path: string;
      readonly userAgent: string;
      readonly encoding: RequestEncoding;
      /** Absolute, ms since the epoch; `undefined`: none. */
      readonly deadlineMs: number | undefined;
    }
  /** A gRPC client that gets a gRPC status. */
  | { readonly kind: "refused"; readonly status: GrpcStatus }
  /** Not a gRPC client: it gets an HTTP status and a sentence. */
  | { readonly kind: "not-grpc"; readonly path: string; readonly httpStatus: number; readonly text: string };

/**
 * Judges a request by its headers. `te: trailers` is not asked for: a proxy may drop it and still carry trailers
 * (any other `te` is refused beneath, by nghttp2).
 * @see protocol.md S6; gRPC over HTTP/2, "Requests"
 */
export function readRequestHead(headers: IncomingHttpHeaders, nowMs: number): RequestHead {
  const path = headers[":path"] ?? "";
  if (headers[":method"] !== "POST") {
    return { kind: "not-grpc", path, httpStatus: 405, text: "this port speaks gRPC: the method is POST\n" };
  }
  if (!isGrpcContentType(headers["content-type"])) {
    return {
      kind: "not-grpc",
      path,
      httpStatus: 415,
      text: "this port speaks gRPC: the content-type is application/grpc\n",
    };
  }
  const encoding = readEncoding(headers["grpc-encoding"]);
  if (encoding === undefined) {
    const message = `grpc-encoding ${String(headers["grpc-encoding"])} is not supported: use identity or gzip`;
    return { kind: "refused", status: status("UNIMPLEMENTED", message) };
  }
  const deadlineMs = readDeadline(headers["grpc-timeout"], nowMs);
  if (deadlineMs === "malformed") {
    return {
      kind: "refused",
      status: status("INTERNAL", "grpc-timeout is malformed: up to 8 digits, then one of HMSmun"),
    };
  }
  return { kind: "call", path, userAgent: headers["user-agent"] ?? "", encoding, deadlineMs };
}

function readEncoding(value: string | string[] | undefined): RequestEncoding | undefined {
  if (value === undefined || value === "identity") return "identity";
  return value === "gzip" ? "gzip" : undefined;
}

function readDeadline(value: string | string[] | undefined, nowMs: number): number | undefined | "malformed" {
  if (value === undefined) return undefined;
  const timeoutMs = typeof value === "string" ? parseGrpcTimeout(value) : undefined;
  return timeoutMs === undefined ? "malformed" : nowMs + timeoutMs;
}
