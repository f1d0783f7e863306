import { globOf, TYPE_URLS } from "@fairlead/envoy-api";
import { emptyMap, type PersistentMap } from "./persistent-map.ts";

/** Which resources of a type belong together by their names. Immutable; kept up with each change, at the change's cost. */
export interface NameIndex {
  /** The names in a collection: a glob of `xdstp://` names, or the route configuration of virtual hosts. */
  readonly collections: PersistentMap<PersistentMap<true>>;
}

/** The index of no names. */
export const NO_INDEX: NameIndex = { collections: emptyMap() };

/** The collection that a name is in: its glob (protocol.md O4), a virtual host's route configuration (D8); most are in none. */
export function collectionOf(typeUrl: string, name: string): string | undefined {
  const glob = globOf(name);
  if (glob !== undefined || typeUrl !== TYPE_URLS.virtualHost) return glob;
  return routeConfigurationOf(name) || undefined;
}

/** The route configuration in a virtual host's name, `<route configuration>/<host>`, read from the right; `""`: none. */
export function routeConfigurationOf(host: string): string {
  return host.slice(0, Math.max(0, host.lastIndexOf("/")));
}

/** The index after a name came or went. */
export function indexName(index: NameIndex, typeUrl: string, name: string, isThere: boolean): NameIndex {
  const collection = collectionOf(typeUrl, name);
  if (collection === undefined) return index;
  const before = index.collections.get(collection) ?? emptyMap<true>();
  const members = isThere ? before.set(name, true) : before.delete(name);
  if (members === before) return index;
  const { collections } = index;
  return { collections: members.size > 0 ? collections.set(collection, members) : collections.delete(collection) };
}
