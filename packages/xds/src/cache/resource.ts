import type { ResourceFacts } from "@fairlead/envoy-api";

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
}
