import { emptyMap, type PersistentMap } from "@fairlead/xds";

/** Which of the groups that there are include others, found from either end. Immutable. */
export interface Inclusions {
  /** By group: itself, then what it includes. Groups that include nothing are left out. */
  readonly chains: PersistentMap<readonly string[]>;
  /** By included group: those that include it. */
  readonly includers: PersistentMap<PersistentMap<true>>;
}

/** Nothing includes anything. */
export const NO_INCLUSIONS: Inclusions = { chains: emptyMap(), includers: emptyMap() };

/** The inclusions once a group includes what follows it in its chain; an empty chain, or one of itself alone: nothing. */
export function withChain(inclusions: Inclusions, group: string, chain: readonly string[]): Inclusions {
  const known = inclusions.chains.get(group) ?? [];
  if (chain === known || (chain.length <= 1 && known.length === 0)) return inclusions;
  let { includers } = inclusions;
  for (const included of known.slice(1)) {
    const others = includers.get(included)?.delete(group);
    includers = others && others.size > 0 ? includers.set(included, others) : includers.delete(included);
  }
  for (const included of chain.slice(1)) {
    includers = includers.set(included, (includers.get(included) ?? emptyMap<true>()).set(group, true));
  }
  const chains = chain.length > 1 ? inclusions.chains.set(group, chain) : inclusions.chains.delete(group);
  return { chains, includers };
}
