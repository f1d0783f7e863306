import type { BenchErrorCode } from "../errors.ts";
import type { CallEnd } from "./transport/call-end.ts";
import type { Connection } from "./transport/connection.ts";
import type { ConnectionEndKind } from "./transport/connection-end.ts";

/** Why a client's stream ended: not by us. `code` is the run's fault, should no stream ever come about. */
export interface ClientEnd {
  readonly code: Extract<BenchErrorCode, `target-${string}` | "generator-failed">;
  /** Names the address, what happened and what to look at. */
  readonly message: string;
  /** The server had said that it wants the connection to end (a drain, its age): no fault, and the client comes back at once. */
  readonly isAskedAway?: boolean;
}

/** What the end of a connection is to a client; `undefined`: we ended it. */
export const CODE_OF_CONNECTION: Readonly<Record<ConnectionEndKind, ClientEnd["code"] | undefined>> = {
  closed: undefined,
  refused: "target-unreachable",
  unreachable: "target-unreachable",
  "unknown-host": "target-unreachable",
  "connect-timeout": "target-unreachable",
  "no-descriptors": "generator-failed",
  "no-ports": "generator-failed",
  "server-speaks-tls": "target-protocol",
  "server-speaks-plaintext": "target-protocol",
  http1: "target-protocol",
  "not-http2": "target-protocol",
  "no-alpn": "target-protocol",
  "certificate-refused": "target-refused",
  "client-certificate-refused": "target-refused",
  "tls-failed": "target-refused",
  "hung-up": "target-refused",
  "settings-timeout": "target-protocol",
  lost: "target-refused",
  goaway: "target-refused",
  "protocol-error": "target-protocol",
  "not-reading": "target-refused",
};

/** What the end of a call is to its client; `undefined`: we ended it. */
export function clientEndOf(end: CallEnd, { isAskedAway }: Connection): ClientEnd | undefined {
  const code = codeOf(end);
  return code && { code, message: end.message, isAskedAway };
}

function codeOf(end: CallEnd): ClientEnd["code"] | undefined {
  switch (end.kind) {
    case "closed":
      return undefined;
    case "connection":
      return CODE_OF_CONNECTION[end.connection.kind];
    case "http-status":
    case "not-grpc":
    case "bad-message":
    case "protocol-error":
      return "target-protocol";
    case "status":
    case "reset":
    case "refused":
      return "target-refused";
  }
}
