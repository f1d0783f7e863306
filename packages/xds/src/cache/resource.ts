import type { Constraints, ResourceFacts } from "@fairlead/envoy-api";

/**
 * One resource, immutable, its bytes made once. What it means (what it refers to) is in `facts`, so that the protocol
 * engine never decodes it.
 */
export interface Resource {
  readonly typeUrl: string;
  readonly name: string;
  /** Digest of the content, 16 characters: equal on every replica and after a restart (protocol.md C6). */
  readonly version: string;
  /** The message in deterministic encoding, the `value` of its `Any`. */
  readonly value: Uint8Array;
  /** Other names this resource answers to (`Resource.aliases`). */
  readonly aliases: readonly string[];
  /** Time after which a client drops it unless refreshed (`Resource.ttl`); `undefined`: never. */
  readonly ttlMs: number | undefined;
  readonly facts: ResourceFacts;
  /** For one of several variants of a name, which are for clients with different dynamic parameters (TP2). */
  readonly variant?: Variant | undefined;
}

/** What tells a variant of a name from others. */
export interface Variant extends Constraints {
  /** The name that they share; each is stored under one of its own, `name [constraints]`. */
  readonly of: string;
}
