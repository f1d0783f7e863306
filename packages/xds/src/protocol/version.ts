import { createHash } from "node:crypto";
import type { Resource } from "../cache/resource.ts";
import type { Interest } from "./interest.ts";
import { resourcesIn, type View } from "./view.ts";

const versions = new WeakMap<View, Map<string, string>>();

/** Of how many interests a view's version is remembered: clients may ask for any set of names, again and again. */
const MAX_VERSIONS_PER_VIEW = 1_024;

/**
 * The version of a subscription's whole state (C6): a digest of type, names and resource digests, computed once per
 * view and interest. A wildcard carries the user's label instead where there is one, as `label+digest` while
 * make before break makes the content differ from what was labelled.
 */
export function stateVersion(view: View, interest: Interest): string {
  const { label } = view.base;
  const isLabelled = interest.kind === "wildcard" && label !== undefined;
  if (isLabelled && view.overlay.size === 0) return label;
  const key = `${interest.kind} ${interest.kind === "named" ? interest.names.key : ""} ${interest.within?.key ?? ""}`;
  const byInterest = versions.get(view) ?? new Map<string, string>();
  const known = byInterest.get(key);
  if (known !== undefined) return known;
  const digest = digestOf(view.base.typeUrl, resourcesIn(view, interest), []);
  const version = isLabelled ? `${label}+${digest}` : digest;
  if (byInterest.size >= MAX_VERSIONS_PER_VIEW) byInterest.clear();
  versions.set(view, byInterest.set(key, version));
  return version;
}

/** 96 bits of SHA-256 over a type, its resources' names and versions in the given order, and removed names; base64url. */
export function digestOf(typeUrl: string, resources: readonly Resource[], removed: readonly string[]): string {
  const hash = createHash("sha256").update(typeUrl);
  for (const { name, version } of resources) hash.update(`\0${name.length}:${name}${version}`);
  for (const name of removed) hash.update(`\0-${name.length}:${name}`);
  return hash.digest("base64url").slice(0, 16);
}
