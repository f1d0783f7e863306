import { Code, ConnectError } from "@connectrpc/connect";
import { type ErrorCode, FairleadError } from "../../errors.ts";

/**
 * What became of a call to etcd that failed:
 *
 * - `unreachable`: it was not made, for sure. Elsewhere or later it may be.
 * - `unknown`: it may have been made.
 * - `token`: the token ran out; a new one mends it.
 * - `refused`: credentials or permissions are wrong.
 * - `compacted`: the revision asked for is gone.
 * - `lease-gone`: the lease has ended.
 * - `full`: the space is used up.
 * - `rejected`: etcd does not take such a request.
 */
export type EtcdErrorKind =
  | "unreachable"
  | "unknown"
  | "token"
  | "refused"
  | "compacted"
  | "lease-gone"
  | "full"
  | "rejected";

/** A call to etcd that failed. Its message names the endpoint, and what to do. */
export class EtcdError extends FairleadError {
  readonly etcdKind: EtcdErrorKind;

  constructor(kind: EtcdErrorKind, message: string, cause?: unknown) {
    super(CODES[kind], message, { cause });
    this.etcdKind = kind;
  }
}

const CODES: Readonly<Record<EtcdErrorKind, ErrorCode>> = {
  unreachable: "store-unavailable",
  unknown: "store-unavailable",
  token: "store-unavailable",
  refused: "store-unusable",
  compacted: "store-unavailable",
  "lease-gone": "store-unavailable",
  full: "store-full",
  rejected: "store-unavailable",
};

/** By what etcd's messages contain. */
const KINDS: readonly (readonly [part: string, kind: EtcdErrorKind, mend: string])[] = [
  ["required revision has been compacted", "compacted", "read anew"],
  ["lease not found", "lease-gone", "a new lease is needed"],
  [
    "database space exceeded",
    "full",
    "etcd is full and refuses all writes: compact and defragment it, or raise --quota-backend-bytes, then `etcdctl alarm disarm`",
  ],
  ["invalid auth token", "token", "a new token is asked for"],
  ["revision of auth store is old", "token", "a new token is asked for"],
  ["user name is empty", "refused", "etcd asks for a user: set store.etcd.username and a password"],
  ["authentication failed", "refused", "store.etcd.username or the password is wrong"],
  [
    "authentication is not enabled",
    "refused",
    "etcd knows no users: leave store.etcd.username out, or enable them there",
  ],
  ["permission denied", "refused", "grant the user's role readwrite on the prefix"],
  ["no leader", "unreachable", "etcd has no majority of its members, or is electing a leader"],
  ["too many requests", "unreachable", "etcd is overloaded"],
  ["request is too large", "rejected", "etcd's --max-request-bytes is below its default of 1.5 MiB: raise it"],
];

/** Errors of a connection that was never made. */
const NEVER_SENT =
  /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|EADDRNOTAVAIL|CERT_|_CERT|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO/;

/** Judges what a call threw. */
export function etcdErrorOf(thrown: unknown, call: string, endpoint: string): EtcdError {
  if (thrown instanceof EtcdError) return thrown;
  const error = ConnectError.from(thrown);
  const text = error.rawMessage;
  const known = KINDS.find(([part]) => text.includes(part));
  const where = `etcd at ${endpoint}: ${call}`;
  if (known) return new EtcdError(known[1], `${where}: ${text}: ${known[2]}`, thrown);
  const cause = `${text} ${codeOf(error.cause)}`;
  if (NEVER_SENT.test(cause)) {
    return new EtcdError(
      "unreachable",
      `${where}: ${text}: check that etcd runs there and, with TLS, that its certificate fits`,
      thrown,
    );
  }
  if (
    error.code === Code.InvalidArgument ||
    error.code === Code.FailedPrecondition ||
    error.code === Code.Unimplemented
  ) {
    return new EtcdError("rejected", `${where}: ${text}: is it an etcd of version 3.4 or newer?`, thrown);
  }
  if (error.code === Code.PermissionDenied || error.code === Code.Unauthenticated) {
    return new EtcdError("refused", `${where}: ${text}: check store.etcd.username, the password and the role`, thrown);
  }
  const what = error.code === Code.DeadlineExceeded ? "no answer in time" : text;
  return new EtcdError("unknown", `${where}: ${what}: check that etcd has a majority and can be reached`, thrown);
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}
