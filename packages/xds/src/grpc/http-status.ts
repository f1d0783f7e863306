import { constants } from "node:http2";
import type { GrpcStatus } from "../server/transport.ts";
import { type StatusName, status } from "./status.ts";

const nameByHttpStatus: Readonly<Record<number, StatusName>> = {
  400: "INTERNAL",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "UNIMPLEMENTED",
  429: "UNAVAILABLE",
  502: "UNAVAILABLE",
  503: "UNAVAILABLE",
  504: "UNAVAILABLE",
};

const nameByRstCode: Readonly<Record<number, StatusName>> = {
  [constants.NGHTTP2_REFUSED_STREAM]: "UNAVAILABLE",
  [constants.NGHTTP2_CANCEL]: "CANCELLED",
  [constants.NGHTTP2_ENHANCE_YOUR_CALM]: "RESOURCE_EXHAUSTED",
  [constants.NGHTTP2_INADEQUATE_SECURITY]: "PERMISSION_DENIED",
};

/** The status of an answer that is no gRPC, as gRPC maps it from its HTTP status. */
export function statusOfHttp(httpStatus: number): GrpcStatus {
  return status(nameByHttpStatus[httpStatus] ?? "UNKNOWN", `the server answered with HTTP status ${httpStatus}`);
}

/** The status of a stream that was reset. */
export function statusOfReset(rstCode: number): GrpcStatus {
  return status(nameByRstCode[rstCode] ?? "INTERNAL", `the stream was reset with HTTP/2 code ${rstCode}`);
}
