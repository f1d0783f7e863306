import { globOf, TYPE_URLS } from "@fairlead/envoy-api";
import { emptyMap, type PersistentMap } from "./persistent-map.ts";
import type { Resource } from "./resource.ts";

/** By which other names the resources of a type are asked for. Immutable; kept up with each change, at the change's cost. */
export interface NameIndex {
  /** The names in a collection: a glob of `xdstp://` names, or the route configuration of virtual hosts. */
  readonly collections: PersistentMap<PersistentMap<true>>;
  /** Virtual hosts by `<route configuration>/<domain>`, and by their aliases, in lower case. */
  readonly hosts: PersistentMap<PersistentMap<true>>;
  /** Variants by the name that they share: by that they are in collections, once one of them is selected. */
  readonly variants: PersistentMap<PersistentMap<true>>;
}

/** The index of no names. */
export const NO_INDEX: NameIndex = { collections: emptyMap(), hosts: emptyMap(), variants: emptyMap() };

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

/** The index after a resource came, changed or went. */
export function reindex(index: NameIndex, before: Resource | undefined, after: Resource | undefined): NameIndex {
  const { typeUrl, name } = (after ?? before)!;
  const { variants } = index;
  const variant = (after ?? before)!.variant;
  if (variant && variant.of !== name) return { ...index, variants: change(variants, variant.of, name, !!after) };
  let { collections, hosts } = index;
  const collection = collectionOf(typeUrl, name);
  if (collection !== undefined && (!before || !after)) collections = change(collections, collection, name, !!after);
  if (typeUrl === TYPE_URLS.virtualHost) {
    for (const alias of before ? aliasesOf(before) : []) hosts = change(hosts, alias, name, false);
    for (const alias of after ? aliasesOf(after) : []) hosts = change(hosts, alias, name, true);
  }
  return collections === index.collections && hosts === index.hosts ? index : { collections, hosts, variants };
}

/**
 * The virtual hosts that serve what a client asks for as `<route configuration>/<host>` (D8): by an alias or, in Envoy's
 * order, by the domain itself, the longest `*.suffix`, the longest `prefix.*`, `*`.
 */
export function hostsFor({ hosts }: NameIndex, asked: string): Iterable<string> {
  if (hosts.size === 0) return [];
  const route = routeConfigurationOf(asked);
  for (const domain of domainsFor(asked.slice(route.length + 1).toLowerCase())) {
    const found = hosts.get(`${route.toLowerCase()}/${domain}`);
    if (found) return found.keys();
  }
  return [];
}

/** Longer ones are no names of hosts, and match only themselves and `*`. */
const MAX_HOST_LENGTH = 255;

function* domainsFor(host: string): Iterable<string> {
  yield host;
  const length = host.length > MAX_HOST_LENGTH ? 0 : host.length;
  for (let from = 1; from < length; from++) yield `*${host.slice(from)}`;
  for (let to = length - 1; to > 0; to--) yield `${host.slice(0, to)}*`;
  yield "*";
}

function aliasesOf({ name, aliases, facts }: Resource): string[] {
  const route = routeConfigurationOf(name);
  return [...aliases, ...(facts.domains ?? []).map((domain) => `${route}/${domain}`)].map((it) => it.toLowerCase());
}

type Names = PersistentMap<PersistentMap<true>>;

function change(map: Names, key: string, name: string, isThere: boolean): Names {
  const before = map.get(key) ?? emptyMap<true>();
  const names = isThere ? before.set(name, true) : before.delete(name);
  return names.size > 0 ? map.set(key, names) : map.delete(key);
}
