import type { Resource } from "../cache/resource.ts";
import type { TypeSnapshot } from "../cache/snapshot.ts";
import { remember } from "../remember.ts";
import { isBodiless } from "./bodiless.ts";
import { type Interest, includes } from "./interest.ts";
import { resourceIn, type View } from "./view.ts";

const found = new WeakMap<TypeSnapshot, readonly string[]>();

/** What a view holds with a time to live within the interest, sorted by name (O3). Cost: what has one. */
export function expiringIn(view: View, interest: Interest): Resource[] {
  const names = new Set([...expiringNames(view.base), ...view.overlay.keys()]);
  return [...names].sort().flatMap((name) => {
    const resource = includes(interest, name) ? resourceIn(view, name) : undefined;
    return resource?.ttlMs === undefined || isBodiless(resource) ? [] : resource;
  });
}

/** A source of snapshots that does not keep them apart has all of its resources looked at, once. */
function expiringNames(base: TypeSnapshot): Iterable<string> {
  if (base.expiring) return base.expiring.keys();
  return remember(found, base, () =>
    [...base.resources.values()].filter(({ ttlMs }) => ttlMs !== undefined).map(({ name }) => name),
  );
}
