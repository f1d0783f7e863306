import { diffMaps, emptyMap } from "../cache/persistent-map.ts";
import { isSameError, type ResourceError } from "../cache/resource-error.ts";
import type { TypeSnapshot } from "../cache/snapshot.ts";
import { withEntry } from "../rare-map.ts";
import type { Plan } from "./plan.ts";
import type { Subscription } from "./subscription.ts";
import { resourceIn, type View } from "./view.ts";

/** Most errors in one response; the others go with the next. */
const MAX_ERRORS = 1_000;

const NONE: readonly ResourceError[] = [];

/**
 * The errors that a subscription is to be told (O5): of names that it asks for one by one, each once, and again only when it
 * asks again. A name that it is served, be it that the resource is only retained, has none.
 */
export function untoldErrors(sub: Subscription, view: View): readonly ResourceError[] {
  const { errors } = view.base;
  if (sub.polls || (sub.toldErrors.size === 0 && !errors?.size)) return NONE;
  const { names } = sub.interest.names;
  const errorOf = (name: string) => (resourceIn(view, name) ? undefined : errors?.get(name));
  for (const name of sub.toldErrors.keys()) {
    if (!names.has(name) || !errorOf(name)) sub.toldErrors.delete(name);
  }
  if (!errors?.size) return NONE;
  const candidates = names.size < errors.size ? names : errors.keys();
  const untold = [...candidates].flatMap((name) => {
    const error = names.has(name) ? errorOf(name) : undefined;
    const isNews = error && (sub.owed.has(name) || !isSameError(sub.toldErrors.get(name), error));
    return isNews ? error : [];
  });
  return untold.sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, MAX_ERRORS);
}

/** Notes that errors are told. */
export function takeTold(sub: Subscription, { errors }: Plan): void {
  for (const error of errors) sub.toldErrors = withEntry(sub.toldErrors, error.name, error);
  // There may be more of them than go into one response.
  if (errors.length === MAX_ERRORS) sub.isDirty = true;
}

/** Names whose error two snapshots have otherwise. */
export function changedErrors(from: TypeSnapshot, to: TypeSnapshot): readonly string[] {
  const names: string[] = [];
  if (from.errors === to.errors) return names;
  diffMaps(from.errors ?? emptyMap<ResourceError>(), to.errors ?? emptyMap<ResourceError>(), (name) =>
    names.push(name),
  );
  return names;
}
