import { compareGroups, countKinds, type Difference, type DifferenceKind, firstDifferences } from "../store/compare.ts";
import type { Commit, GroupState, ResourceKey, StoreState } from "../store/store.ts";

/** Names remembered of one revision, over all its groups. */
const MAX_NAMES = 100;
/** Groups remembered one by one of one revision. */
const MAX_GROUPS = 100;
/** Documents remembered by their keys of one revision. */
const MAX_DOCUMENTS = 100;

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
  readonly author: string | undefined;
  readonly reason: string | undefined;
  /** The first groups by name; `groupCount` says how many there were. */
  readonly groups: readonly GroupRevision[];
  readonly groupCount: number;
  /** The first documents by key; `documentCount` says how many there were. */
  readonly documents: readonly { readonly kind: DifferenceKind; readonly key: string }[];
  readonly documentCount: number;
}

/** Tells what a commit did to the state before it. */
export function describeRevision(before: StoreState, commit: Commit): Revision {
  const { revision, committedAtMs, owners, author, reason, state } = commit;
  const groups: GroupRevision[] = [];
  let names = MAX_NAMES;
  for (const group of [...commit.groups.keys()].sort().slice(0, MAX_GROUPS)) {
    const described = describeGroup(group, before.groups.get(group), state.groups.get(group), names);
    names -= described.resources.length;
    groups.push(described);
  }
  const documents = [...commit.documents]
    .sort()
    .slice(0, MAX_DOCUMENTS)
    .map((key) => {
      const [was, is] = [before.documents.has(key), state.documents.has(key)];
      return { kind: was ? (is ? ("changed" as const) : ("removed" as const)) : ("added" as const), key };
    });
  const counts = { groupCount: commit.groups.size, documentCount: commit.documents.size };
  return { revision, committedAtMs, owners, author, reason, groups, documents, ...counts };
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
