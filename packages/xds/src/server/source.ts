import type { Resource } from "../cache/resource.ts";
import type { Snapshot } from "../cache/snapshot.ts";

/** What a client says of itself (`core.v3.Node`) and what its connection proves. */
export interface NodeIdentity {
  readonly id: string;
  readonly cluster: string;
  readonly locality: { readonly region: string; readonly zone: string; readonly subZone: string };
  /** `Node.metadata` as plain JSON. */
  readonly metadata: { readonly [key: string]: unknown };
  readonly userAgentName: string;
  readonly userAgentVersion: string;
  readonly clientFeatures: readonly string[];
  /** URI and DNS SANs of the verified client certificate; empty without one. */
  readonly sans: readonly string[];
}

/**
 * Where the server gets its snapshots. `SnapshotCache` is one; implement it to bring your own.
 *
 * Snapshots are immutable and, within a group, strictly increasing in revision.
 */
export interface SnapshotSource {
  /** Whether every source has loaded once; until then no stream is answered (protocol.md O6). */
  readonly isReady: boolean;
  /** The group that serves this node, whether or not it has a snapshot yet; `undefined`: no rule matches. */
  groupOf(node: NodeIdentity): string | undefined;
  /** The newest snapshot of a group; `undefined`: unknown or deleted (its clients keep what they have). */
  snapshotOf(group: string): Snapshot | undefined;
  /**
   * What a group held before its first snapshot here, as far as that is known: proxies may still route to it, so that it
   * is removed from them only when their routes have moved on (protocol.md C9). Default: nothing.
   */
  formerOf?(group: string): Iterable<FormerResource>;
  /** Tells of every new snapshot, of becoming ready, and of changed group rules; returns the function that stops it. */
  subscribe(listener: (event: SnapshotEvent) => void): () => void;
}

/** What a group held once, before this process or at another replica. */
export interface FormerResource {
  readonly resource: Resource;
  /** When it was dropped, ms since the epoch by the machine's clock. Default: when the group's first snapshot is there. */
  readonly droppedAtMs?: number | undefined;
}

/** A change in a {@link SnapshotSource}. */
export type SnapshotEvent =
  | {
      readonly kind: "snapshots";
      readonly snapshots: readonly Snapshot[];
      /** When they were made, ms since the epoch by the machine's clock. */
      readonly committedAtMs: number;
    }
  | { readonly kind: "ready" }
  | { readonly kind: "deleted"; readonly group: string }
  | { readonly kind: "regrouped" };
