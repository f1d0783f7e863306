import type { Trial } from "./trial.ts";

/**
 * How binding a requirement is. `spec`: Envoy's xDS protocol, its proto files or gRPC's own protocol define it.
 * `recommended`: they say that a server should, or that clients do better. `fairlead`: Fairlead's own promise.
 */
export type Level = "spec" | "recommended" | "fairlead";

/** Every level, the most binding first. */
export const LEVELS: readonly Level[] = ["spec", "recommended", "fairlead"];

/** How a case speaks to the server: over ADS or a stream of one type, in full state or in changes; or neither matters. */
export type Variant = "ads-sotw" | "ads-delta" | "own-sotw" | "own-delta" | "grpc" | "rest";

/** State of the World and delta, over ADS. */
export const ADS: readonly Variant[] = ["ads-sotw", "ads-delta"];
/** State of the World, over ADS and over a stream of one type. */
export const SOTW: readonly Variant[] = ["ads-sotw", "own-sotw"];
/** Delta, over ADS and over a stream of one type. */
export const DELTA: readonly Variant[] = ["ads-delta", "own-delta"];
/** Every way over gRPC. */
export const EVERY: readonly Variant[] = [...SOTW, ...DELTA];

/** One thing that a server is to do, and how to see whether it does. */
export interface Case {
  /** The requirement of protocol.md. */
  readonly id: string;
  /** What is to be the case, in a sentence; unique within the requirement. */
  readonly says: string;
  readonly level: Level;
  /** Where that is said. */
  readonly source: string;
  /** The ways of speaking in which it is tried, each a trial of its own. */
  readonly variants: readonly Variant[];
  /** Throws what is thrown by a {@link Trial} where the server does otherwise. */
  readonly run: (trial: Trial) => Promise<void>;
}

/** A case in one of its variants. */
export interface Try {
  readonly case: Case;
  readonly variant: Variant;
}

/** What cites a page of the specification. */
export const SPEC = {
  variants: "xDS protocol, Variants of the xDS Transport Protocol",
  overview: "xDS protocol, Basic Protocol Overview",
  ack: "xDS protocol, ACK/NACK and resource type instance version",
  update: "xDS protocol, When to send an update",
  hints: "xDS protocol, How the client specifies what resources to return",
  grouping: "xDS protocol, Grouping Resources into Responses",
  duplicates: "xDS protocol, Duplicate Resource Names",
  deleting: "xDS protocol, Deleting Resources",
  missing: "xDS protocol, Knowing When a Requested Resource Does Not Exist",
  unsubscribing: "xDS protocol, Unsubscribing From Resources",
  updates: "xDS protocol, Resource updates",
  warming: "xDS protocol, Resource warming",
  consistency: "xDS protocol, Eventual consistency considerations",
  ttl: "xDS protocol, TTL",
  ads: "xDS protocol, Aggregated Discovery Service",
  delta: "xDS protocol, Incremental xDS",
  discovery: "envoy/service/discovery/v3/discovery.proto",
  grpc: "gRPC over HTTP2",
  compression: "gRPC compression",
  statusCodes: "gRPC status codes",
  fairlead: "protocol.md",
} as const;
