import { canonicalName } from "@fairlead/envoy-api";
import { type RareMap, withEntry } from "../rare-map.ts";
import { remember } from "../remember.ts";
import type { Plan } from "./plan.ts";

/** How a client spells names that have another canonical spelling; most clients spell all of theirs canonically. */
export type Spellings = RareMap<string, string>;

/** Names in their canonical spelling (O4); how the client spells them is noted in `noting`. */
export function readNames(names: readonly string[], noting: { spellings: Spellings }): readonly string[] {
  if (!remember(differing, names, () => names.some(mayDiffer))) return names;
  return names.map((spelled) => {
    const name = canonicalName(spelled);
    if (name === spelled) noting.spellings.delete(name);
    else noting.spellings = withEntry(noting.spellings, name, spelled);
    return name;
  });
}

/** By the list, which streams share that state the same: whether some of its names may have another spelling. */
const differing = new WeakMap<readonly string[], boolean>();

/** Names in their canonical spelling, for names that nothing is answered for. */
export function canonicalNames(names: readonly string[]): readonly string[] {
  return names.some(mayDiffer) ? names.map(canonicalName) : names;
}

/**
 * A plan with its names as the client asked for them: an Envoy knows what it asked for by the very text. In SotW a name
 * stands in the resource itself, and stays as its author spelled it.
 */
export function spell(plan: Plan, spellings: Spellings): Plan {
  if (spellings.size === 0) return plan;
  const spelled = (name: string) => spellings.get(name) ?? name;
  const resources = plan.resources.map((resource) =>
    spellings.has(resource.name) ? { ...resource, name: spelled(resource.name) } : resource,
  );
  const errors = plan.errors.map((error) => ({ ...error, name: spelled(error.name) }));
  return { ...plan, resources, removed: plan.removed.map(spelled), aliases: plan.aliases.map(spelled), errors };
}

function mayDiffer(name: string): boolean {
  return name.startsWith("xdstp:");
}
