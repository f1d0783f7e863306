import type { ConnectionEnd } from "./connection-end.ts";

/**
 * Why a call ended. `message` is for people: it names the address, what happened and what to look at.
 *
 * - `closed`: from here
 * - `status`: with a gRPC status, also 0 (OK); `detail` is its `grpc-message`
 * - `http-status`: the answer is no gRPC but a plain HTTP one; `not-grpc`: of another content type, or without a status
 * - `reset`: the server reset the stream; `refused`: it did nothing with it, or takes no more
 * - `bad-message`: what came is no message that can be taken; `protocol-error`: the server broke a rule of HTTP/2 on this stream
 * - `connection`: with its connection
 */
export type CallEnd =
  | { readonly kind: "closed"; readonly message: string }
  | { readonly kind: "status"; readonly code: number; readonly detail: string; readonly message: string }
  | { readonly kind: "http-status"; readonly status: number; readonly message: string }
  | { readonly kind: "reset"; readonly code: number; readonly message: string }
  | { readonly kind: "not-grpc" | "refused" | "bad-message" | "protocol-error"; readonly message: string }
  | { readonly kind: "connection"; readonly connection: ConnectionEnd; readonly message: string };
