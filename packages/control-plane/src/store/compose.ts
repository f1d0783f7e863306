import { emptyMap, type PersistentMap } from "@fairlead/xds";
import type { Includes } from "../groups/includes.ts";
import { diffGroups } from "./diff.ts";
import { type Entry, entryOf, type GroupState, type ResourceKey, type StoreState } from "./store.ts";

/** A state as it is stored, and as it is served: each group with what it includes. */
export interface Composed {
  readonly stored: StoreState;
  readonly served: StoreState;
}

/** Nothing, at revision 0. */
export const NOTHING_COMPOSED: Composed = {
  stored: { revision: 0, groups: new Map() },
  served: { revision: 0, groups: new Map() },
};

/**
 * Composes a state from the one before it. Pure. Costs, for each group that includes others, a look at those, and what
 * differs in them since `before`; where nothing includes anything, nothing.
 *
 * A group is served once all that it includes is there. One whose included group goes keeps what it last had: what a
 * group lacks is not what its proxies should lose (protocol.md O6).
 */
export function compose(includes: Includes, before: Composed, stored: StoreState): Composed {
  if (includes.isEmpty()) return { stored, served: stored };
  const groups = new Map<string, GroupState>();
  let isAlike = true;
  for (const group of new Set([...stored.groups.keys(), ...includes.named])) {
    const own = stored.groups.get(group);
    const state = includes.chainOf(group).length === 1 ? own : composeGroup(group, { includes, before, stored });
    if (state) groups.set(group, state);
    isAlike &&= state === own;
  }
  const isSame = isAlike && groups.size === stored.groups.size;
  return { stored, served: isSame ? stored : { revision: stored.revision, groups } };
}

/** Groups that a group includes and that are not there, so that it is not served anew. */
export function missingIncludes(includes: Includes, stored: StoreState, group: string): string[] {
  const isThere = (name: string) => name === group || stored.groups.has(name) || includes.named.has(name);
  return includes.chainOf(group).filter((name) => !isThere(name));
}

function composeGroup(
  group: string,
  { includes, before, stored }: { readonly includes: Includes; readonly before: Composed; readonly stored: StoreState },
): GroupState | undefined {
  const known = before.served.groups.get(group);
  const chain = includes.chainOf(group);
  const now = chain.map((name) => stored.groups.get(name));
  const then = chain.map((name) => before.stored.groups.get(name));
  if (known && now.every((state, index) => state === then[index])) return known;
  const [own] = now;
  const members = now.filter((state) => state !== undefined);
  const isWithdrawn = then[0] !== undefined && own === undefined;
  if (isWithdrawn || members.length === 0 || missingIncludes(includes, stored, group).length > 0) return known;
  const isSameMembers = known !== undefined && now.every((state, index) => !state === !then[index]);
  const types = isSameMembers ? advance(known, now, then) : union(members);
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
    const { upsert, remove } = diffGroups(then[index], member);
    for (const key of [...upsert, ...remove]) decide(key);
  }
  return types;
}
