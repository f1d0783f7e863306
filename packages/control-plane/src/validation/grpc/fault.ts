/** A gRPC implementation that knows xDS: grpc-go, grpc-java, grpc-js, and the C++ core with what is built on it (Python, Ruby, …). */
export type GrpcImplementation = "go" | "java" | "node" | "cpp";

/** Every one, in the order in which they are told. */
export const EVERY_IMPLEMENTATION: readonly GrpcImplementation[] = ["go", "java", "node", "cpp"];

/** What gRPC clients make of a resource that is not for them. */
export interface GrpcFault {
  /** `refused`: the client NACKs the resource and keeps what it had; `ignored`: it goes on without that part. */
  readonly severity: "refused" | "ignored";
  /** Stable for programs: `grpc.cluster-type`, … */
  readonly rule: string;
  /** JSON pointer into the resource, in ProtoJSON's camelCase names. */
  readonly pointer: string;
  /** What is so, and what mends it. */
  readonly message: string;
  /** Those that do so. */
  readonly clients: readonly GrpcImplementation[];
  /** The gRFC that says so: `A27`, … */
  readonly proposal: string;
  readonly typeUrl: string;
  readonly name: string;
}

/** What a rule finds: a fault without the resource that it lies in. */
export type Finding = Omit<GrpcFault, "typeUrl" | "name">;

/** Collects what the rules find in one resource. */
export interface Findings {
  refused(
    rule: string,
    pointer: string,
    message: string,
    proposal: string,
    clients?: readonly GrpcImplementation[],
  ): void;
  ignored(
    rule: string,
    pointer: string,
    message: string,
    proposal: string,
    clients?: readonly GrpcImplementation[],
  ): void;
}

/** Findings that are kept in `into`. */
export function collectInto(into: Finding[]): Findings {
  const add =
    (severity: Finding["severity"]): Findings["refused"] =>
    (rule, pointer, message, proposal, clients = EVERY_IMPLEMENTATION) =>
      void into.push({ severity, rule: `grpc.${rule}`, pointer, message, proposal, clients });
  return { refused: add("refused"), ignored: add("ignored") };
}
