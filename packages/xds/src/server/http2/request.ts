import { type HeaderList, headerValue } from "@fairlead/h2";
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
  | {
      readonly kind: "not-grpc";
      readonly path: string;
      readonly httpStatus: number;
      readonly text: string;
      /** HEAD: it gets the status alone. */
      readonly isHead: boolean;
    };

/**
 * Judges a request by its headers. `te: trailers` is not asked for: a proxy may drop it and still carry trailers
 * (any other `te` is refused beneath, by `@fairlead/h2`).
 * @see protocol.md S6; gRPC over HTTP/2, "Requests"
 */
export function readRequestHead(headers: HeaderList, nowMs: number): RequestHead {
  const path = headerValue(headers, ":path") ?? "";
  const method = headerValue(headers, ":method");
  if (method !== "POST") {
    const text = "this port speaks gRPC: the method is POST\n";
    return { kind: "not-grpc", path, httpStatus: 405, text, isHead: method === "HEAD" };
  }
  if (!isGrpcContentType(headerValue(headers, "content-type"))) {
    return {
      kind: "not-grpc",
      path,
      httpStatus: 415,
      text: "this port speaks gRPC: the content-type is application/grpc\n",
      isHead: false,
    };
  }
  const encoding = readEncoding(headerValue(headers, "grpc-encoding"));
  if (encoding === undefined) {
    const message = `grpc-encoding ${headerValue(headers, "grpc-encoding")} is not supported: use identity or gzip`;
    return { kind: "refused", status: status("UNIMPLEMENTED", message) };
  }
  const deadlineMs = readDeadline(headerValue(headers, "grpc-timeout"), nowMs);
  if (deadlineMs === "malformed") {
    return {
      kind: "refused",
      status: status("INTERNAL", "grpc-timeout is malformed: up to 8 digits, then one of HMSmun"),
    };
  }
  return { kind: "call", path, userAgent: headerValue(headers, "user-agent") ?? "", encoding, deadlineMs };
}

function readEncoding(value: string | undefined): RequestEncoding | undefined {
  if (value === undefined || value === "identity") return "identity";
  return value === "gzip" ? "gzip" : undefined;
}

function readDeadline(value: string | undefined, nowMs: number): number | undefined | "malformed" {
  if (value === undefined) return undefined;
  const timeoutMs = parseGrpcTimeout(value);
  return timeoutMs === undefined ? "malformed" : nowMs + timeoutMs;
}
