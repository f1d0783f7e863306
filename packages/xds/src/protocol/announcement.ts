import { createHash } from "node:crypto";
import { canonicalName, TYPE_URLS } from "@fairlead/envoy-api";
import { createResource } from "../cache/create-resource.ts";
import type { Resource } from "../cache/resource.ts";
import { remember } from "../remember.ts";
import { announceClusters, type RoutesBearer, routedClusters } from "../wire/announce-clusters.ts";
import { WireError } from "../wire/wire-error.ts";

/** What an announcing version stands between. */
export interface Announcement {
  /** What its client held before, and whose routes it still has. */
  readonly old: Resource;
  /** What it announces. */
  readonly next: Resource;
  /** The clusters that `next` leads to and `old` does not. */
  readonly clusters: readonly string[];
}

/** Types whose resources bear routes, a listener being the place of routes that go with it. */
export const BEARERS: ReadonlyMap<string, RoutesBearer> = new Map([
  [TYPE_URLS.listener, "listener"],
  [TYPE_URLS.routes, "routes"],
]);

/** Most announcing versions of one next content that are remembered: clients lag by different amounts, but not by many. */
const MAX_ANNOUNCING_PER_NEXT = 64;

const routed = new WeakMap<Resource, ReadonlyMap<string, string>>();
const announcements = new WeakMap<Resource, Announcement>();
const announcing = new WeakMap<Resource, Map<string, Resource | undefined>>();

/** What a version announces; `undefined`: it is no announcing one. */
export function announcementOf(resource: Resource): Announcement | undefined {
  return announcements.get(resource);
}

/**
 * The clusters that a resource's routes lead to: as its client will ask for them, by canonical name. Of facts and content
 * alike, so that there are none where either can't be read.
 */
export function routedBy(resource: Resource): ReadonlyMap<string, string> {
  return remember(routed, resource, () => {
    const known = new Set(clusterReferences(resource));
    const names = [...readRouted(resource)].map((name) => [canonicalName(name), name] as const);
    return new Map(names.filter(([canonical]) => known.has(canonical)));
  });
}

/**
 * The old content with one more route that fits no call and names clusters of the next, so that a client which names its
 * clusters has them when the next content leads there. Made once for all clients. `undefined`: there is no place for it.
 */
export function announce(old: Resource, next: Resource, clusters: readonly string[]): Resource | undefined {
  const known = remember(announcing, next, () => new Map<string, Resource | undefined>());
  const key = JSON.stringify([old.version, clusters]);
  if (known.has(key)) return known.get(key);
  if (known.size >= MAX_ANNOUNCING_PER_NEXT) known.clear();
  const made = make(old, next, clusters);
  known.set(key, made);
  return made;
}

function make(old: Resource, next: Resource, clusters: readonly string[]): Resource | undefined {
  const { typeUrl, name, aliases, ttlMs } = old;
  // Of what it is made of: other ways between other contents are other versions.
  const hash = createHash("sha256").update(JSON.stringify([old.version, next.version, clusters]));
  const path = `/fairlead.announced.${hash.digest("base64url").slice(0, 16)}/clusters`;
  const spelled = clusters.map((cluster) => routedBy(next).get(cluster)!);
  const value = announceClusters(BEARERS.get(typeUrl)!, old.value, path, spelled);
  if (!value) return undefined;
  const references = clusters.map((cluster) => ({ typeUrl: TYPE_URLS.cluster, name: cluster, pointer: "" }));
  const facts = { ...old.facts, references: [...old.facts.references, ...references] };
  const { version } = createResource({ typeUrl, name, value, aliases, ttlMs, facts });
  const resource: Resource = { ...old, value, version, facts };
  announcements.set(resource, { old, next, clusters });
  return resource;
}

function clusterReferences({ facts }: Resource): readonly string[] {
  if (facts.isOpaque) return [];
  return facts.references.flatMap(({ typeUrl, name }) => (typeUrl === TYPE_URLS.cluster ? name : []));
}

function readRouted({ typeUrl, value }: Resource): ReadonlySet<string> {
  try {
    return routedClusters(BEARERS.get(typeUrl)!, value);
  } catch (error) {
    if (error instanceof WireError) return new Set();
    throw error;
  }
}
