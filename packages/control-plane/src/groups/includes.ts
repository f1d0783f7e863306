import { globMatcher } from "./glob.ts";

/** `includes:` of the configuration: a group or a pattern of groups, and what such a group includes. */
export type IncludeRules = Readonly<Record<string, readonly string[]>>;

/** Which groups include which. */
export interface Includes {
  /**
   * The group itself, then what it includes, each with what that includes in turn, every group once. Of two resources of
   * one type and name, that of the group which comes first counts.
   */
  chainOf(group: string): readonly string[];
  /** Groups that there are for what they include, whether or not anybody defines more of them. */
  readonly named: ReadonlySet<string>;
  /** Whether no group includes another at present. */
  isEmpty(): boolean;
}

/** Groups that include nothing. */
export const NO_INCLUDES: Includes = { chainOf: (group) => [group], named: new Set(), isEmpty: () => true };

/** Groups that include others by rules, and groups derived from one other each, which they include. */
export function withDerived(includes: Includes, baseOf: ReadonlyMap<string, string>): Includes {
  return {
    chainOf(group) {
      const base = baseOf.get(group);
      return base === undefined ? includes.chainOf(group) : [group, ...includes.chainOf(base)];
    },
    named: includes.named,
    isEmpty: () => baseOf.size === 0 && includes.isEmpty(),
  };
}

/** Groups whose chains are remembered, at most. */
const MAX_REMEMBERED_CHAINS = 100_000;

/** Makes one function of the rules; {@link includeFaults} says what is wrong with them. */
export function compileIncludes(rules: IncludeRules): Includes {
  if (Object.keys(rules).length === 0) return NO_INCLUDES;
  const includedBy = includedByOf(rules);
  const chains = new Map<string, readonly string[]>();
  const findChain = (group: string) => {
    const chain = new Set<string>();
    const visit = (name: string) => {
      if (chain.has(name)) return;
      chain.add(name);
      includedBy(name).forEach(visit);
    };
    visit(group);
    return [...chain];
  };
  const chainOf = (group: string) => {
    const known = chains.get(group);
    if (known) return known;
    const chain = findChain(group);
    if (chains.size >= MAX_REMEMBERED_CHAINS) chains.clear();
    chains.set(group, chain);
    return chain;
  };
  const named = new Set(Object.keys(rules).filter((pattern) => !pattern.includes("*")));
  return { chainOf, named, isEmpty: () => false };
}

/** What is wrong with the rules, in words, with the key it is about: groups that include themselves by way of others. */
export function includeFaults(rules: IncludeRules): { readonly key: string; readonly message: string }[] {
  const names = new Set([...Object.keys(rules), ...Object.values(rules).flat()]);
  const includedBy = includedByOf(rules);
  const cyclic = new Set<string>();

  const cycleFrom = (path: readonly string[]): readonly string[] | undefined => {
    for (const next of includedBy(path.at(-1)!)) {
      if (next === path[0]) return [...path, next];
      if (path.includes(next)) continue; // somebody else's cycle
      const cycle = cycleFrom([...path, next]);
      if (cycle) return cycle;
    }
    return undefined;
  };
  const faults: { key: string; message: string }[] = [];
  for (const name of names) {
    if (name.includes("*") || cyclic.has(name)) continue;
    const cycle = cycleFrom([name]);
    if (!cycle) continue;
    for (const member of cycle) cyclic.add(member);
    const key = Object.keys(rules).find((pattern) => globMatcher(pattern)(name)) ?? name;
    faults.push({ key, message: `groups include each other in a circle: ${cycle.join(" includes ")}` });
  }
  return faults;
}

/** What a group includes itself. */
function includedByOf(rules: IncludeRules): (group: string) => string[] {
  const compiled = Object.entries(rules).map(([pattern, included]) => ({ matches: globMatcher(pattern), included }));
  return (group) =>
    compiled.flatMap(({ matches, included }) => (matches(group) ? included.filter((name) => name !== group) : []));
}
