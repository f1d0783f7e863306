import { createHash, type Hash } from "node:crypto";
import { digestMap, emptyMap, type PersistentMap } from "../cache/persistent-map.ts";
import type { Resource } from "../cache/resource.ts";
import { remember } from "../remember.ts";
import type { Interest } from "./interest.ts";
import { differences, namesIn, resourceIn, type View } from "./view.ts";

const versions = new WeakMap<View, Map<string, string>>();
const contents = new WeakMap<View, Map<string, PersistentMap<Resource>>>();

/** Of how many interests a view's version is remembered: clients may ask for any set of names, again and again. */
const MAX_VERSIONS_PER_VIEW = 1_024;
/** From how many names on what there is of them is kept beside its version, some 100 bytes each: fewer are as soon looked up. */
const MIN_KEPT_NAMES = 64;

/**
 * The version of a subscription's whole state (C6): a digest of type, names and resource digests, computed once per
 * view and interest. A wildcard carries the user's label instead where there is one, as `label+digest` while
 * make before break makes the content differ from what was labelled.
 *
 * @param from an older view, whose version for that interest was asked for: then what changed since is all that is looked at
 */
export function stateVersion(view: View, interest: Interest, from?: View): string {
  const { label } = view.base;
  const isLabelled = interest.kind === "wildcard" && label !== undefined;
  if (isLabelled && view.overlay.size === 0) return label;
  const key = `${interest.kind} ${interest.kind === "named" ? interest.names.key : ""} ${interest.within?.key ?? ""}`;
  const byInterest = remember(versions, view, () => new Map<string, string>());
  const known = byInterest.get(key);
  if (known !== undefined) return known;
  const digest = contentVersion(view.base.typeUrl, contentOf(view, interest, key, from), ({ version }) => version);
  const version = isLabelled ? `${label}+${digest}` : digest;
  keep(byInterest, key, version);
  return version;
}

/** The version of all of a type's content: what a wildcard subscription gets it under. Cost: as {@link digestMap} has it. */
export function contentVersion<V>(typeUrl: string, content: PersistentMap<V>, versionOf: (value: V) => string): string {
  return shortDigest(createHash("sha256").update(typeUrl).update(digestMap(content, versionOf)));
}

/** 96 bits of SHA-256 over a type, its resources' names and versions in the given order, and removed names; base64url. */
export function digestOf(typeUrl: string, resources: readonly Resource[], removed: readonly string[]): string {
  const hash = createHash("sha256").update(typeUrl);
  for (const { name, version } of resources) hash.update(`\0${name.length}:${name}${version}`);
  for (const name of removed) hash.update(`\0-${name.length}:${name}`);
  return shortDigest(hash);
}

function shortDigest(hash: Hash): string {
  return hash.digest("base64url").slice(0, 16);
}

/** What there is of an interest, by name. */
function contentOf(view: View, interest: Interest, key: string, from: View | undefined): PersistentMap<Resource> {
  if (interest.kind === "wildcard" && !interest.within) return changed(view.base.resources, view.overlay);
  const before = from && contents.get(from)?.get(key);
  const content = before
    ? changed(before, changesOf(from, view, interest))
    : changed(emptyMap(), partOf(view, interest));
  if (content.size >= MIN_KEPT_NAMES) {
    const byInterest = remember(contents, view, () => new Map<string, PersistentMap<Resource>>());
    keep(byInterest, key, content);
  }
  return content;
}

type Changes = Iterable<readonly [name: string, after: Resource | undefined]>;

function* partOf(view: View, interest: Interest): Changes {
  for (const name of namesIn(view, interest)) yield [name, resourceIn(view, name)];
}

function* changesOf(from: View, to: View, interest: Interest): Changes {
  for (const { name, after } of differences(from, to, interest)) yield [name, after];
}

function changed(content: PersistentMap<Resource>, changes: Changes): PersistentMap<Resource> {
  let after = content;
  for (const [name, resource] of changes) after = resource ? after.set(name, resource) : after.delete(name);
  return after;
}

function keep<V>(byInterest: Map<string, V>, key: string, value: V): void {
  if (byInterest.size >= MAX_VERSIONS_PER_VIEW) byInterest.clear();
  byInterest.set(key, value);
}
