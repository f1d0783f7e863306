import { matchesConstraints } from "@fairlead/envoy-api";
import { remember } from "../remember.ts";
import { reindex } from "./name-index.ts";
import type { Resource } from "./resource.ts";
import type { Snapshot, TypeSnapshot } from "./snapshot.ts";

/** A client's dynamic parameters; `undefined`: it knows nothing of such. */
export type Parameters = ReadonlyMap<string, string> | undefined;

const NONE: ReadonlyMap<string, string> = new Map();
/** For how many different parameters it is remembered what one state of a group is to them. */
const MAX_SELECTIONS = 256;
const selections = new WeakMap<TypeSnapshot, Map<string, TypeSnapshot>>();
const snapshots = new WeakMap<Snapshot, Map<string, Snapshot>>();
const variedTypes = new WeakMap<Snapshot, readonly TypeSnapshot[]>();

/** Whether clients with these parameters see the same of every snapshot. */
export function isSameParameters(a: Parameters, b: Parameters): boolean {
  return a === b || keyOf(a) === keyOf(b);
}

/**
 * A snapshot as a client with these parameters sees it: of the variants of a name (TP2) the one that is for it, under that
 * name. The snapshot itself where there are no variants. Cost: the variants there are, once for all clients alike.
 */
export function selectVariants(snapshot: Snapshot, parameters: Parameters): Snapshot {
  const varied = remember(variedTypes, snapshot, () =>
    [...snapshot.types.values()].filter(({ index }) => index.variants.size > 0),
  );
  if (varied.length === 0) return snapshot;
  const key = keyOf(parameters);
  return recall(snapshots, snapshot, key, () => {
    const types = new Map(snapshot.types);
    for (const type of varied)
      types.set(
        type.typeUrl,
        recall(selections, type, key, () => select(type, parameters)),
      );
    return { ...snapshot, types };
  });
}

function select(type: TypeSnapshot, parameters: Parameters): TypeSnapshot {
  let { resources, index, expiring, addressed } = type;
  for (const [name, keys] of type.index.variants.entries()) {
    const variants = [...keys.keys()].sort().flatMap((key) => type.resources.get(key) ?? []);
    for (const variant of variants) {
      resources = resources.delete(variant.name);
      expiring = expiring?.delete(variant.name);
      addressed = addressed?.delete(variant.name);
    }
    // One without constraints is for whom no other is.
    const found = variants.find(({ variant }) => matchesConstraints(variant!.rule, parameters ?? NONE));
    if (!found) continue;
    const shown = remember(parameters ? named : plain, found, () => ({
      ...found,
      name,
      variant: parameters && found.variant,
    }));
    index = reindex(index, resources.get(name), shown);
    resources = resources.set(name, shown);
    expiring = shown.ttlMs === undefined ? expiring?.delete(name) : expiring?.set(name, shown);
    addressed = shown.facts.isApiListener ? addressed?.delete(name) : addressed?.set(name, shown);
  }
  return { ...type, resources, index, expiring, addressed };
}

/** Variants under the name that they share: for who knows of variants, and for others. */
const named = new WeakMap<Resource, Resource>();
const plain = new WeakMap<Resource, Resource>();

function recall<K extends WeakKey, V>(memory: WeakMap<K, Map<string, V>>, of: K, key: string, make: () => V): V {
  const known = remember(memory, of, () => new Map<string, V>());
  const found = known.get(key) ?? make();
  if (known.size >= MAX_SELECTIONS && !known.has(key)) known.clear();
  known.set(key, found);
  return found;
}

function keyOf(parameters: Parameters): string {
  return parameters ? JSON.stringify([...parameters].sort()) : "";
}
