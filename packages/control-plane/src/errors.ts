import type { Fault } from "./validation/fault.ts";

/** What one error code means to whoever meets it. */
export interface ErrorKind {
  /** HTTP status with which the admin API answers it. */
  readonly status: number;
  /** Exit code of a command that ends with it (reliability.md, "Process exit codes"). */
  readonly exitCode: 1 | 2;
  /** Short and the same for every occurrence: the `title` of a problem document. */
  readonly title: string;
}

/** Every code of {@link FairleadError}. Closed, and a code is never reused; each is explained in docs/errors.md. */
export const ERRORS = {
  "config-unreadable": { status: 500, exitCode: 2, title: "The configuration file cannot be read" },
  "config-invalid": { status: 500, exitCode: 2, title: "The configuration is not valid" },
  "schema-unusable": { status: 500, exitCode: 2, title: "A schema cannot be used" },
  "types-invalid": { status: 400, exitCode: 1, title: "Not a set of types that can be registered" },
  "types-conflict": { status: 409, exitCode: 1, title: "Types contradict those that are there" },
  "types-in-use": { status: 409, exitCode: 1, title: "Resources use these types" },
  "types-unknown": { status: 404, exitCode: 1, title: "No types are registered under that name" },
  "group-invalid": { status: 400, exitCode: 2, title: "Not a name for a group" },
  "group-unknown": { status: 404, exitCode: 1, title: "No such group" },
  "resources-invalid": { status: 400, exitCode: 1, title: "Some resources are not valid" },
  "label-invalid": { status: 400, exitCode: 1, title: "Not a version label" },
  "label-conflict": { status: 409, exitCode: 1, title: "The version label already names other content" },
  "name-taken": { status: 409, exitCode: 1, title: "Another owner defines a resource of that name" },
  "group-defined": { status: 409, exitCode: 1, title: "The group is still defined" },
  "revision-conflict": { status: 409, exitCode: 1, title: "The store has moved on from the expected revision" },
  "precondition-failed": {
    status: 412,
    exitCode: 1,
    title: "The group is not at the revision that the request is for",
  },
  "group-emptied": { status: 409, exitCode: 1, title: "The change would leave the group without resources" },
  "store-unavailable": { status: 503, exitCode: 1, title: "The store cannot be reached" },
  "store-full": { status: 507, exitCode: 1, title: "The store has no room left" },
  "store-overloaded": { status: 503, exitCode: 1, title: "Too many commits wait for the store" },
  "store-unusable": { status: 500, exitCode: 2, title: "The store cannot be used" },
  "store-closed": { status: 503, exitCode: 1, title: "The store is closed" },
  "replica-id-taken": { status: 500, exitCode: 2, title: "Another replica has this id" },
  "address-in-use": { status: 500, exitCode: 1, title: "An address to listen on is taken" },
  "address-unusable": { status: 500, exitCode: 1, title: "An address cannot be listened on" },
  "tls-invalid": { status: 500, exitCode: 2, title: "Certificates that cannot be used" },
  "request-unreadable": { status: 400, exitCode: 1, title: "Not an HTTP request that can be read" },
  "request-invalid": { status: 400, exitCode: 1, title: "The request is not valid" },
  "json-invalid": { status: 400, exitCode: 1, title: "The body is not JSON" },
  "path-unknown": { status: 404, exitCode: 1, title: "No such path" },
  "revision-unknown": { status: 404, exitCode: 1, title: "No such revision is remembered" },
  "revision-forgotten": { status: 410, exitCode: 1, title: "That revision is no longer kept" },
  "backup-unusable": { status: 400, exitCode: 1, title: "Not a backup that can be restored" },
  "store-not-empty": { status: 409, exitCode: 1, title: "The store holds something already" },
  "node-unknown": { status: 404, exitCode: 1, title: "No proxy is connected under that node id" },
  "method-not-allowed": { status: 405, exitCode: 1, title: "The path does not know that method" },
  "body-too-large": { status: 413, exitCode: 1, title: "The body is too large" },
  "media-type": { status: 415, exitCode: 1, title: "The body must be JSON" },
  "host-foreign": { status: 421, exitCode: 1, title: "Addressed under a name that is not served here" },
  "instance-unknown": { status: 404, exitCode: 1, title: "No such instance is registered" },
  "instance-stale": { status: 409, exitCode: 1, title: "Something newer is known of the instance" },
  "instance-invalid": { status: 400, exitCode: 1, title: "Not an instance that can be registered" },
  "registry-full": { status: 409, exitCode: 1, title: "The registry takes no more instances" },
  "registry-overloaded": { status: 503, exitCode: 1, title: "Too many instances wait to be written" },
  "source-unknown": { status: 404, exitCode: 1, title: "The store holds nothing of that source" },
  "source-configured": { status: 409, exitCode: 1, title: "The source is still configured" },
  "service-unknown": { status: 404, exitCode: 1, title: "No such service" },
  "type-unknown": { status: 400, exitCode: 2, title: "No such type" },
  "wait-timeout": { status: 504, exitCode: 1, title: "The change was made, and not every proxy has answered" },
  "proxies-rejected": { status: 424, exitCode: 1, title: "The change was made, and proxies rejected it" },
  "profile-running": { status: 409, exitCode: 1, title: "Another profile is being taken" },
  "too-busy": { status: 503, exitCode: 1, title: "Too many requests at once" },
  draining: { status: 503, exitCode: 1, title: "The control plane is going down" },
  defect: { status: 500, exitCode: 1, title: "A defect in Fairlead" },
  usage: { status: 500, exitCode: 2, title: "The command line is not valid" },
  "admin-unreachable": { status: 500, exitCode: 1, title: "The admin API cannot be reached" },
  "xds-unreachable": { status: 500, exitCode: 1, title: "The xDS server does not answer" },
  "target-unreachable": { status: 500, exitCode: 2, title: "The server under test serves no xDS" },
  "driver-failed": { status: 500, exitCode: 2, title: "The state of the server under test cannot be set" },
  "conformance-failed": { status: 500, exitCode: 1, title: "The server under test does not meet the requirements" },
  "admin-refused": { status: 500, exitCode: 1, title: "The admin API refused a request" },
} as const satisfies Record<string, ErrorKind>;

/** A code of {@link ERRORS}. */
export type ErrorCode = keyof typeof ERRORS;

/** Options of a {@link FairleadError}. */
export interface ErrorOptions {
  readonly faults?: readonly Fault[];
  readonly cause?: unknown;
  /** Members of its problem document beside those that every problem has. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** Exit code of a command that ends with it. Default: that of its kind. */
  readonly exitCode?: 1 | 2;
}

/** The one error that this package throws on purpose: anything else that is thrown is a defect. */
export class FairleadError extends Error {
  override readonly name = "FairleadError";
  readonly code: ErrorCode;
  /** What is wrong, one by one; empty where the message says it all. */
  readonly faults: readonly Fault[];
  /** What else its problem document tells, by member. */
  readonly members: Readonly<Record<string, unknown>>;
  /** Exit code of a command that ends with it. */
  readonly exitCode: 1 | 2;

  /** @param message names the place and the mend. */
  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.faults = options.faults ?? [];
    this.members = options.members ?? {};
    this.exitCode = options.exitCode ?? ERRORS[code].exitCode;
  }

  get kind(): ErrorKind {
    return ERRORS[this.code];
  }
}
