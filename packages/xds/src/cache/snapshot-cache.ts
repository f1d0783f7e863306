import type { FormerResource, NodeIdentity, SnapshotEvent, SnapshotSource } from "../server/source.ts";
import { applyChanges, emptySnapshot, type GroupChanges } from "./apply-changes.ts";
import { checkResourceError } from "./resource-error.ts";
import type { Snapshot } from "./snapshot.ts";

/** Deleted groups that still count as existing; then the one deleted longest ago is forgotten. */
const MAX_DELETED_GROUPS = 1_000;

/** One atomic commit: every group in it changes at the same revision. */
export interface Commit {
  /** Must be greater than any before it. Default: one more than the last, from the clock in ms at first. */
  readonly revision?: number | undefined;
  /** Changes by group; `"delete"` forgets the group, whose clients keep what they have (protocol.md O6). */
  readonly groups: ReadonlyMap<string, GroupChanges | "delete">;
}

/** Options of a {@link SnapshotCache}. */
export interface SnapshotCacheOptions {
  /**
   * The group of a node. Default: the first that exists of node id, node cluster, `default`; else `default`. A deleted
   * group counts as existing until it is forgotten, lest its nodes be given another's content (protocol.md O6).
   */
  readonly groupOf?: ((node: NodeIdentity, exists: (group: string) => boolean) => string | undefined) | undefined;
  /** What groups held before their first commit here (`SnapshotSource.formerOf`). Default: nothing. */
  readonly former?: ReadonlyMap<string, Iterable<FormerResource>> | undefined;
  /** Whether streams are answered only after {@link SnapshotCache.markReady} (protocol.md O6). Default: false. */
  readonly waitsUntilReady?: boolean | undefined;
  /** Told of what a subscriber throws, which keeps others from nothing. Default: a warning of the process. */
  readonly onFault?: ((error: unknown) => void) | undefined;
}

/** The library's snapshots by group, in memory: commits go in, the server takes snapshots out. */
export class SnapshotCache implements SnapshotSource {
  private readonly snapshots = new Map<string, Snapshot>();
  private readonly deleted = new Set<string>();
  private readonly listeners = new Set<(event: SnapshotEvent) => void>();
  private readonly options: SnapshotCacheOptions;
  private ready: boolean;
  private lastRevision = 0;

  constructor(options: SnapshotCacheOptions = {}) {
    this.options = options;
    this.ready = !options.waitsUntilReady;
  }

  get isReady(): boolean {
    return this.ready;
  }

  /** The revision of the newest commit; 0 before the first. */
  get revision(): number {
    return this.lastRevision;
  }

  /** Every group that has a snapshot. */
  groups(): IterableIterator<string> {
    return this.snapshots.keys();
  }

  /** Groups that were deleted and not forgotten: their clients keep what they have. */
  deletedGroups(): IterableIterator<string> {
    return this.deleted.values();
  }

  /** Lets the nodes of a deleted group go where they belong without it; `false`: no such group was deleted. */
  forget(group: string): boolean {
    if (!this.deleted.delete(group)) return false;
    this.regroup();
    return true;
  }

  groupOf(node: NodeIdentity): string | undefined {
    const exists = (group: string) => this.snapshots.has(group) || this.deleted.has(group);
    if (this.options.groupOf) return this.options.groupOf(node, exists);
    return [node.id, node.cluster].find((group) => group !== "" && exists(group)) ?? "default";
  }

  snapshotOf(group: string): Snapshot | undefined {
    return this.snapshots.get(group);
  }

  formerOf(group: string): Iterable<FormerResource> {
    return this.options.former?.get(group) ?? [];
  }

  /**
   * Applies a commit and tells its subscribers.
   *
   * @returns the new snapshots of the groups that changed; an identical commit changes none, and takes no revision.
   * @throws RangeError if the revision is not greater than the last, or an error cannot be told as it is.
   */
  commit({ revision = Math.max(this.lastRevision + 1, Date.now()), groups }: Commit): Snapshot[] {
    if (!(revision > this.lastRevision)) {
      throw new RangeError(`revision ${revision} is not greater than ${this.lastRevision}, the last one`);
    }
    for (const changes of groups.values()) if (changes !== "delete") changes.errors?.forEach(checkResourceError);
    const changed: Snapshot[] = [];
    const deleted: string[] = [];
    for (const [group, changes] of groups) {
      if (changes === "delete") {
        if (!this.snapshots.delete(group)) continue;
        deleted.push(group);
        this.rememberDeleted(group);
        continue;
      }
      const known = this.snapshots.get(group);
      const before = known ?? emptySnapshot(group);
      const after = applyChanges(before, changes, revision);
      if (after === known) continue;
      const snapshot = after === before ? { ...before, revision } : after;
      this.snapshots.set(group, snapshot);
      this.deleted.delete(group);
      changed.push(snapshot);
    }
    if (changed.length === 0 && deleted.length === 0) return [];
    this.lastRevision = revision;
    for (const group of deleted) this.tell({ kind: "deleted", group });
    if (changed.length > 0) this.tell({ kind: "snapshots", snapshots: changed, committedAtMs: Date.now() });
    return changed;
  }

  /** Every source has loaded once: from now on streams are answered. */
  markReady(): void {
    if (this.ready) return;
    this.ready = true;
    this.tell({ kind: "ready" });
  }

  /** The rules that `groupOf` follows have changed: nodes are assigned anew. */
  regroup(): void {
    this.tell({ kind: "regrouped" });
  }

  subscribe(listener: (event: SnapshotEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private tell(event: SnapshotEvent): void {
    for (const listener of this.listeners) {
      try {
        listener(event);
      } catch (error) {
        (this.options.onFault ?? warnOfFault)(error);
      }
    }
  }

  private rememberDeleted(group: string): void {
    this.deleted.add(group);
    const [oldest] = this.deleted;
    if (this.deleted.size > MAX_DELETED_GROUPS) this.deleted.delete(oldest!);
  }
}

function warnOfFault(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}
