/**
 * Whether a request's `content-type` is gRPC with protobuf: `application/grpc` or `application/grpc+proto`, parameters
 * allowed. Others (`application/grpc-web`, `application/grpc+json`) get 415.
 */
export function isGrpcContentType(value: string | undefined): boolean {
  if (value === undefined) return false;
  if (value === "application/grpc" || value === "application/grpc+proto") return true; // all that is ever sent, nearly
  return /^application\/grpc(\+proto)?\s*(;|$)/i.test(value);
}
