import { canonicalName, globOf } from "@fairlead/envoy-api";

/** What a client wants of one type. */
export interface Wanted {
  /** Everything there is (`*`). */
  readonly isWildcard: boolean;
  /** Names asked for explicitly, with or without `*`. */
  readonly names: ReadonlySet<string>;
}

/** Wants nothing. */
export const NOTHING: Wanted = { isWildcard: false, names: new Set() };

/** What some names mean together, spelled canonically; `*` among them means everything. */
export function wantedOf(names: Iterable<string>): Wanted {
  const set = new Set(Array.from(names, canonicalName));
  return { isWildcard: set.delete("*"), names: set };
}

/** Whether a resource of that name, in whatever spelling, one of its aliases, or its collection is wanted. */
export function wants(
  wanted: Wanted,
  resource: { readonly name: string; readonly aliases: readonly string[] },
): boolean {
  if (wanted.isWildcard || wanted.names.has(resource.name)) return true;
  const glob = globOf(resource.name);
  if (glob !== undefined && (wanted.names.has(glob) || wanted.names.has(canonicalName(resource.name)))) return true;
  return resource.aliases.some((alias) => wanted.names.has(alias));
}

/** Whether nothing is wanted. */
export function isNothing(wanted: Wanted): boolean {
  return !wanted.isWildcard && wanted.names.size === 0;
}
