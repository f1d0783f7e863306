import { diffMaps, emptyMap, type PersistentMap } from "@fairlead/xds";
import type { Includes } from "../groups/includes.ts";
import { diffGroups } from "./diff.ts";
import { type Inclusions, NO_INCLUSIONS, withChain } from "./inclusions.ts";
import { EMPTY_STATE, type Entry, entryOf, type GroupState, type ResourceKey, type StoreState } from "./store.ts";

/** A state as it is stored, and as it is served: each group with what it includes. */
export interface Composed {
  readonly stored: StoreState;
  readonly served: StoreState;
  /** Who includes whom by now; `undefined`: nothing includes anything, and nobody has looked. */
  readonly inclusions: Inclusions | undefined;
}

/** Nothing, at revision 0. */
export const NOTHING_COMPOSED: Composed = { stored: EMPTY_STATE, served: EMPTY_STATE, inclusions: undefined };

/**
 * Composes a state from the one before it. Pure. Costs, for each group that changed and each that includes it, a look at
 * what those include, and what differs in them since `before`; where nothing includes anything, nothing.
 *
 * A group is served once all that it includes is there. One whose included group goes keeps what it last had: what a
 * group lacks is not what its proxies should lose (protocol.md O6).
 */
export function compose(includes: Includes, before: Composed, stored: StoreState): Composed {
  if (includes.isEmpty()) return { stored, served: stored, inclusions: undefined };
  const changed = new Set(before.inclusions ? [] : includes.named);
  diffMaps(before.inclusions ? before.stored.groups : emptyMap(), stored.groups, (group) => changed.add(group));
  let inclusions = before.inclusions ?? NO_INCLUSIONS;
  for (const group of changed) {
    const isThere = stored.groups.has(group) || includes.named.has(group);
    inclusions = withChain(inclusions, group, isThere ? includes.chainOf(group) : []);
  }
  if (inclusions.chains.size === 0) return { stored, served: stored, inclusions };
  const touched = new Set(changed);
  for (const group of changed) for (const other of inclusions.includers.get(group)?.keys() ?? []) touched.add(other);
  const parts = { includes, before, stored, deltas: new Map() };
  let { groups } = before.served;
  for (const group of touched) {
    const chain = inclusions.chains.get(group);
    const state = chain ? composeGroup(group, chain, parts) : stored.groups.get(group);
    groups = state ? groups.set(group, state) : groups.delete(group);
  }
  return { stored, served: { ...stored, groups }, inclusions };
}

/** Groups that a group includes and that are not there, so that it is not served anew. */
export function missingIncludes(includes: Includes, stored: StoreState, group: string): string[] {
  const isThere = (name: string) => name === group || stored.groups.has(name) || includes.named.has(name);
  return includes.chainOf(group).filter((name) => !isThere(name));
}

interface Parts {
  readonly includes: Includes;
  readonly before: Composed;
  readonly stored: StoreState;
  /** What changed in each member, found once for all groups that it is in. */
  readonly deltas: Map<GroupState, readonly ResourceKey[]>;
}

function composeGroup(
  group: string,
  chain: readonly string[],
  { includes, before, stored, deltas }: Parts,
): GroupState | undefined {
  const known = before.served.groups.get(group);
  const now = chain.map((name) => stored.groups.get(name));
  const then = chain.map((name) => before.stored.groups.get(name));
  if (known && now.every((state, index) => state === then[index])) return known;
  const [own] = now;
  const members = now.filter((state) => state !== undefined);
  const isWithdrawn = then[0] !== undefined && own === undefined;
  if (isWithdrawn || members.length === 0 || missingIncludes(includes, stored, group).length > 0) return known;
  const isSameMembers = known !== undefined && now.every((state, index) => !state === !then[index]);
  const types = isSameMembers ? advance(known, now, then, deltas) : union(members);
  const labels = [...(own?.labels ?? [])].filter(([typeUrl]) => types.get(typeUrl) === own?.types.get(typeUrl));
  return {
    group,
    revision: Math.max(...members.map((member) => member.revision)),
    types,
    owners: own?.owners ?? new Map(),
    labels: new Map(labels),
    usedLabels: own?.usedLabels ?? new Map(),
  };
}

type Types = ReadonlyMap<string, PersistentMap<Entry>>;

/** All that the members hold; the first that has a name decides. Starts from the last member's maps, to share them. */
function union(members: readonly GroupState[]): Types {
  const types = new Map<string, PersistentMap<Entry>>();
  for (const member of members.toReversed()) {
    for (const [typeUrl, entries] of member.types) {
      let all = types.get(typeUrl);
      if (all) for (const [name, entry] of entries.entries()) all = all.set(name, entry);
      types.set(typeUrl, all ?? entries);
    }
  }
  return types;
}

/** Looks again at each name that differs in a member. */
function advance(
  known: GroupState,
  now: readonly (GroupState | undefined)[],
  then: readonly (GroupState | undefined)[],
  deltas: Parts["deltas"],
): Types {
  const types = new Map(known.types);
  const decide = (key: ResourceKey) => {
    const { typeUrl, name } = key;
    const entry = now.map((member) => entryOf(member, key)).find((found) => found !== undefined);
    const entries = types.get(typeUrl) ?? emptyMap<Entry>();
    const left = entry ? entries.set(name, entry) : entries.delete(name);
    if (left.size > 0) types.set(typeUrl, left);
    else types.delete(typeUrl);
  };
  for (const [index, member] of now.entries()) {
    if (!member || member === then[index]) continue;
    const differing = deltas.get(member) ?? differingNames(then[index], member);
    deltas.set(member, differing);
    differing.forEach(decide);
  }
  return types;
}

function differingNames(before: GroupState | undefined, now: GroupState): readonly ResourceKey[] {
  const { upsert, remove } = diffGroups(before, now);
  return [...upsert, ...remove];
}
