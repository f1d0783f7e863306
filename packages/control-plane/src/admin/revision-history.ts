import { compareGroups, countKinds, type Difference, type DifferenceKind, firstDifferences } from "../store/compare.ts";
import type { Commit, GroupState, ResourceKey, Store, StoreState } from "../store/store.ts";

/** Names remembered of one revision, over all its groups. */
const MAX_NAMES = 100;
/** Groups remembered one by one of one revision. */
const MAX_GROUPS = 100;

/** What a revision did to one group. */
export interface GroupRevision {
  readonly group: string;
  /** `deleted`: nobody defines it any more, and its proxies keep what they have. */
  readonly change: "created" | "changed" | "deleted";
  readonly counts: Readonly<Record<DifferenceKind, number>>;
  /** The first of them by type and name. */
  readonly resources: readonly (ResourceKey & { readonly kind: DifferenceKind })[];
  /** Every type that differs for proxies. */
  readonly typeUrls: ReadonlySet<string>;
  /** Labels given to types by it, by type URL. */
  readonly labels: ReadonlyMap<string, string>;
}

/** One commit, as it is remembered. */
export interface Revision {
  readonly revision: number;
  /** ms since the epoch. */
  readonly committedAtMs: number;
  readonly owners: readonly string[];
  readonly reason: string | undefined;
  /** The first groups by name; `groupCount` says how many there were. */
  readonly groups: readonly GroupRevision[];
  readonly groupCount: number;
}

/** The newest revisions, in memory. */
export interface RevisionHistory {
  /** Newest first. */
  newestFirst(): Iterable<Revision>;
  get(revision: number): Revision | undefined;
  /** Tells of each new one, after it is remembered; returns the function that stops it. */
  subscribe(listener: (revision: Revision) => void): () => void;
  /** Ends the watch on the store. */
  close(): void;
}

/** Remembers what each commit of a store did, from now on; at most `maxRevisions` of them. */
export function keepHistory(store: Store, { maxRevisions }: { readonly maxRevisions: number }): RevisionHistory {
  const revisions = new Map<number, Revision>();
  const listeners = new Set<(revision: Revision) => void>();
  let before: StoreState = store.state();
  const unwatch = store.watch(before.revision, (event) => {
    if (event.kind === "commit") {
      const revision = describe(before, event.commit);
      revisions.set(revision.revision, revision);
      const [oldest] = revisions.keys();
      if (revisions.size > maxRevisions) revisions.delete(oldest!);
      for (const listener of listeners) listener(revision);
    }
    before = event.kind === "commit" ? event.commit.state : event.state;
  });
  return {
    newestFirst: () => [...revisions.values()].reverse(),
    get: (revision) => revisions.get(revision),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: unwatch,
  };
}

function describe(before: StoreState, commit: Commit): Revision {
  const { revision, committedAtMs, owners, reason, state } = commit;
  const groups: GroupRevision[] = [];
  let names = MAX_NAMES;
  for (const group of [...commit.groups.keys()].sort().slice(0, MAX_GROUPS)) {
    const described = describeGroup(group, before.groups.get(group), state.groups.get(group), names);
    names -= described.resources.length;
    groups.push(described);
  }
  return { revision, committedAtMs, owners, reason, groups, groupCount: commit.groups.size };
}

function describeGroup(
  group: string,
  before: GroupState | undefined,
  after: GroupState | undefined,
  maxNames: number,
): GroupRevision {
  const differences = compareGroups(before, after);
  const labels = new Map([...(after?.labels ?? [])].filter(([type, label]) => before?.labels.get(type) !== label));
  return {
    group,
    change: before ? (after ? "changed" : "deleted") : "created",
    counts: countKinds(differences),
    resources: firstDifferences(differences, maxNames).map(({ typeUrl, name, kind }) => ({ typeUrl, name, kind })),
    typeUrls: changedTypes(differences, before, after),
    labels,
  };
}

/** The types that differ for proxies between two states of a group. A group that is gone changes nothing for its own. */
export function changedTypes(
  differences: readonly Difference[],
  before: GroupState | undefined,
  after: GroupState | undefined,
): Set<string> {
  if (!after) return new Set();
  const changed = new Set(differences.map(({ typeUrl }) => typeUrl));
  for (const [typeUrl, label] of after.labels) if (before?.labels.get(typeUrl) !== label) changed.add(typeUrl);
  return changed;
}
