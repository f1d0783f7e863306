import { globOf } from "@fairlead/envoy-api";
import { routeConfigurationOf } from "../cache/name-index.ts";
import { remember } from "../remember.ts";
import { changeNames, type NameSet, NO_NAMES, nameSet } from "./name-set.ts";

/** What a stream wants of one type. */
export type Interest = {
  readonly kind: "wildcard" | "named";
  readonly names: NameSet;
  /** For virtual hosts: the route configurations whose hosts are covered, and no others but `names` (D8). */
  readonly within?: NameSet | undefined;
};

/** Interest in nothing. */
export const NO_INTEREST: Interest = { kind: "named", names: NO_NAMES };

/** Whether a change of that name concerns this interest. */
export function includes(interest: Interest, name: string): boolean {
  const { kind, names, within } = interest;
  if (names.names.has(name) || isInGlob(names, name)) return true;
  return within ? within.names.has(routeConfigurationOf(name)) : kind === "wildcard";
}

function isInGlob({ globs }: NameSet, name: string): boolean {
  if (globs.size === 0) return false;
  const glob = globOf(name);
  return glob !== undefined && globs.has(glob);
}

/** Whether it asks for what there is, and not only for names: by a wildcard or by a glob collection. */
export function isCollective({ kind, names }: Interest): boolean {
  return kind === "wildcard" || names.globs.size > 0;
}

/** The collections that it asks for: globs, and route configurations whose virtual hosts are covered. */
export function* collectionsOf({ names, within }: Interest): Iterable<string> {
  yield* names.globs;
  if (within) yield* within.names;
}

/** The interest that a SotW request states: its whole list each time (W1), `*` among it or, by `isLegacy`, none at all. */
export function interestOf(resourceNames: readonly string[], isLegacy: boolean): Interest {
  if (resourceNames.length === 0) return isLegacy ? EVERYTHING : NO_INTEREST;
  return remember(interests, resourceNames, interestIn);
}

/** Interest in all there is. */
const EVERYTHING: Interest = { kind: "wildcard", names: NO_NAMES };

/** By the list, which streams share that state the same. */
const interests = new WeakMap<readonly string[], Interest>();

function interestIn(resourceNames: readonly string[]): Interest {
  const isWildcard = resourceNames.includes("*");
  const names = nameSet(isWildcard ? resourceNames.filter((name) => name !== "*") : resourceNames);
  return { kind: isWildcard ? "wildcard" : "named", names };
}

/** The interest after a delta request (D4, D5): `*` is a name like others, but for what it means. */
export function changeInterest(
  before: Interest,
  subscribe: readonly string[],
  unsubscribe: readonly string[],
): Interest {
  const isStar = (name: string) => name === "*";
  const starAdded = subscribe.some(isStar);
  const starRemoved = unsubscribe.some(isStar);
  const names = changeNames(
    before.names,
    starAdded ? subscribe.filter((name) => name !== "*") : subscribe,
    starRemoved ? unsubscribe.filter((name) => name !== "*") : unsubscribe,
  );
  const isWildcard = !starRemoved && (starAdded || before.kind === "wildcard");
  const kind = isWildcard ? "wildcard" : "named";
  return kind === before.kind && names === before.names ? before : { kind, names };
}

/** Names of `after` that `before` did not list. A wildcard's content is not among them. */
export function addedNames(before: Interest, after: Interest): string[] {
  if (before.names === after.names) return [];
  return [...after.names.names].filter((name) => !before.names.names.has(name));
}
