import type { GrpcStatus } from "../server/transport.ts";
import { encodeGrpcMessage } from "./percent-encoding.ts";

/** gRPC's status codes (`google.rpc.Code`). */
export const StatusCode = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

/** One of gRPC's status codes, by name. */
export type StatusName = keyof typeof StatusCode;

const nameByCode = new Map<number, StatusName>(
  Object.entries(StatusCode).map(([name, code]) => [code, name as StatusName]),
);

/** A status from the name of its code. */
export function status(name: StatusName, message = ""): GrpcStatus {
  return { code: StatusCode[name], message };
}

/** The name of a code, `CODE_<n>` for one that gRPC does not define. */
export function statusName(code: number): string {
  return nameByCode.get(code) ?? `CODE_${code}`;
}

/** The trailers of a status. */
export function trailersOf(answer: GrpcStatus): Record<string, string> {
  const code = String(answer.code);
  if (answer.message === "") return { "grpc-status": code };
  return { "grpc-status": code, "grpc-message": encodeGrpcMessage(answer.message) };
}
