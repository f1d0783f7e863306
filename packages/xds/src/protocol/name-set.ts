import { createHash } from "node:crypto";
import { isGlob } from "@fairlead/envoy-api";

/** An immutable, interned set of resource names: equal sets are the same object, so that streams share what is built for one. */
export interface NameSet {
  readonly names: ReadonlySet<string>;
  /** Those of the names that are glob collections (protocol.md O4). */
  readonly globs: ReadonlySet<string>;
  /** Digest of the sorted names. */
  readonly key: string;
}

const NO_GLOBS: ReadonlySet<string> = new Set();
const interned = new Map<string, WeakRef<NameSet>>();
const forget = new FinalizationRegistry<string>((key) => {
  if (interned.get(key)?.deref() === undefined) interned.delete(key);
});

/** The set without names. */
export const NO_NAMES: NameSet = nameSet([]);

/** The one set of these names; duplicates count once. Cost: sorting. */
export function nameSet(names: Iterable<string>): NameSet {
  const sorted = [...new Set(names)].sort();
  const hash = createHash("sha256");
  for (const name of sorted) hash.update(`${name.length}:${name}`);
  const key = hash.digest("base64url");
  const known = interned.get(key)?.deref();
  if (known) return known;
  const set: NameSet = { names: new Set(sorted), globs: globsIn(sorted), key };
  interned.set(key, new WeakRef(set));
  forget.register(set, key);
  return set;
}

function globsIn(names: readonly string[]): ReadonlySet<string> {
  const globs = names.filter(isGlob);
  return globs.length === 0 ? NO_GLOBS : new Set(globs);
}

/** How one set became another, so that a thousand streams that add the same name pay for it once. */
const derived = new WeakMap<NameSet, Map<string, WeakRef<NameSet>>>();
const MAX_DERIVED_PER_SET = 64;

/** `set` with `added` and without `removed`; what is in both is removed. */
export function changeNames(set: NameSet, added: readonly string[], removed: readonly string[]): NameSet {
  if (added.length === 0 && removed.length === 0) return set;
  const step = keyOfStep(added, removed);
  const steps = derived.get(set) ?? new Map<string, WeakRef<NameSet>>();
  const known = steps.get(step)?.deref();
  if (known) return known;
  const names = new Set(set.names);
  for (const name of added) names.add(name);
  for (const name of removed) names.delete(name);
  const result = nameSet(names);
  if (steps.size >= MAX_DERIVED_PER_SET) steps.clear();
  derived.set(set, steps.set(step, new WeakRef(result)));
  return result;
}

/** Short, whatever the step: it is kept as long as the set, and a client's request may list megabytes. */
function keyOfStep(added: readonly string[], removed: readonly string[]): string {
  const step = JSON.stringify([added, removed]);
  return step.length <= MAX_PLAIN_STEP ? step : createHash("sha256").update(step).digest("base64url");
}

/** Characters of a step up to which it is a key by itself. */
const MAX_PLAIN_STEP = 256;
