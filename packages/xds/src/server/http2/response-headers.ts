import { encodeHeaders } from "@fairlead/h2";
import { trailersOf } from "../../grpc/status.ts";
import type { GrpcStatus } from "../transport.ts";

const responseHeaders = [
  [":status", "200"],
  ["content-type", "application/grpc"],
  ["grpc-accept-encoding", "identity,gzip"],
] as const;

/** The headers before a call's first message, encoded once for all. */
export const responseBlock: Uint8Array = encodeHeaders(responseHeaders);

/** The headers of a call that ends without a message: its status is among them. */
export function statusBlock(answer: GrpcStatus): Uint8Array {
  return encodeHeaders([...responseHeaders, ...Object.entries(trailersOf(answer))]);
}

/** The trailers of a call. */
export function trailersBlock(answer: GrpcStatus): Uint8Array {
  return encodeHeaders(Object.entries(trailersOf(answer)));
}
