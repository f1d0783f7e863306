import type { Resource } from "../cache/resource.ts";
import type { Snapshot } from "../cache/snapshot.ts";
import { traitsOf } from "../protocol/type-traits.ts";
import { differencesOfBases, typeOf } from "../protocol/view.ts";
import type { ClientEntry } from "./client-entry.ts";
import { monotonicNowMs, monotonicTimeMs } from "./clock.ts";
import { InterestIndex } from "./interest-index.ts";
import type { Session } from "./session.ts";
import type { FormerResource } from "./source.ts";

/** Most dropped resources of a type remembered for clients that come back. */
const MAX_DROPPED_PER_TYPE = 1_000;
/** What naming a resource takes beside its name, which is subscribed to and listed: a version, tags and lengths. */
const NAMING_BYTES = 64;
/** After so many commits every client is looked at: one that none concerned keeps what it was shown before them alive. */
const COMMITS_PER_SWEEP = 1_000;
/** How many commits back the time of a commit is known, for measuring convergence. */
const MAX_COMMIT_TIMES = 256;

/** The clients that share a snapshot, and what the server must know to serve them. */
export class Group {
  readonly name: string;
  readonly clients = new Set<ClientEntry>();
  readonly interests = new InterestIndex<Session>();
  private newest: Snapshot | undefined;
  private commits = 0;
  private sizeBytes = 0;
  private namesSizeBytes = 0;
  private readonly dropped = new Map<string, Map<string, { readonly resource: Resource; readonly atMs: number }>>();
  private readonly commitTimes = new Map<number, number>();

  private former: Iterable<FormerResource>;

  /** @param former what it held before its first snapshot here: what that lacks of it was dropped */
  constructor(name: string, snapshot: Snapshot | undefined, former: Iterable<FormerResource> = []) {
    this.name = name;
    this.former = former;
    if (snapshot) this.take(snapshot, undefined);
  }

  get snapshot(): Snapshot | undefined {
    return this.newest;
  }

  /** Whether this commit is one at which all clients are looked at, though it concern few. */
  get isSweepDue(): boolean {
    return this.commits % COMMITS_PER_SWEEP === 0;
  }

  /** Bytes of all its resources, without envelopes. */
  get bytes(): number {
    return this.sizeBytes;
  }

  /** Bytes that a client may take to name all of it with versions, as one does that comes back (protocol.md D1). */
  get namesBytes(): number {
    return this.namesSizeBytes;
  }

  /** When a revision was committed, by `monotonicNowMs`; `undefined`: too long ago, or before the server started. */
  committedAtMs(revision: number): number | undefined {
    return this.commitTimes.get(revision);
  }

  /**
   * Takes a newer snapshot and remembers what it dropped (protocol.md C9).
   *
   * @param committedAtMs by `monotonicNowMs`: the machine's clock may be set while what was dropped is remembered
   */
  take(snapshot: Snapshot, committedAtMs: number | undefined): void {
    const before = this.newest;
    this.newest = snapshot;
    this.commits += 1;
    for (const typeUrl of new Set([...(before?.types.keys() ?? []), ...snapshot.types.keys()])) {
      this.takeType(typeUrl, before, snapshot, committedAtMs ?? 0);
    }
    for (const { resource, droppedAtMs } of this.former) {
      const { typeUrl, name } = resource;
      if (!traitsOf(typeUrl).isRetained || typeOf(snapshot, typeUrl).resources.has(name)) continue;
      const atMs = droppedAtMs === undefined ? monotonicNowMs() : monotonicTimeMs(droppedAtMs);
      this.rememberDropped(typeUrl, name, { before: resource, after: undefined }, atMs);
    }
    this.former = [];
    if (committedAtMs === undefined) return;
    this.commitTimes.set(snapshot.revision, committedAtMs);
    if (this.commitTimes.size <= MAX_COMMIT_TIMES) return;
    const [oldest] = this.commitTimes.keys();
    this.commitTimes.delete(oldest!);
  }

  /** What it dropped of a type since `sinceMs` and has not again. */
  *droppedSince(typeUrl: string, sinceMs: number): Iterable<Resource> {
    const dropped = this.dropped.get(typeUrl);
    for (const [name, { resource, atMs }] of dropped ?? []) {
      if (atMs >= sinceMs) yield resource;
      else dropped!.delete(name);
    }
  }

  private takeType(typeUrl: string, before: Snapshot | undefined, after: Snapshot, atMs: number): void {
    for (const difference of differencesOfBases(typeOf(before, typeUrl), typeOf(after, typeUrl))) {
      const { name, before: old, after: now } = difference;
      this.sizeBytes += (now?.value.length ?? 0) - (old?.value.length ?? 0);
      this.namesSizeBytes += ((now ? 1 : 0) - (old ? 1 : 0)) * (2 * Buffer.byteLength(name) + NAMING_BYTES);
      if (traitsOf(typeUrl).isRetained) this.rememberDropped(typeUrl, name, difference, atMs);
    }
  }

  private rememberDropped(
    typeUrl: string,
    name: string,
    { before, after }: { readonly before: Resource | undefined; readonly after: Resource | undefined },
    atMs: number,
  ): void {
    const dropped = this.dropped.get(typeUrl) ?? new Map<string, { resource: Resource; atMs: number }>();
    this.dropped.set(typeUrl, dropped);
    dropped.delete(name);
    if (after || !before) return;
    dropped.set(name, { resource: before, atMs });
    if (dropped.size <= MAX_DROPPED_PER_TYPE) return;
    const [oldest] = dropped.keys();
    dropped.delete(oldest!);
  }
}
