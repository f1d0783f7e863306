import { decode, factsOf, type Schema, TYPE_URLS } from "@fairlead/envoy-api";
import type { HeldResource, Watch, WatchHandlers, XdsClient } from "@fairlead/xds";

/** Watches all that one node is served, by following what the resources refer to; see {@link followReferences}. */
export interface Following {
  /** Names asked for of which nothing was heard yet, by type URL. */
  missing(): ReadonlyMap<string, readonly string[]>;
}

/** What is asked for from the start: `"*"` for all, or names. */
export type Roots = ReadonlyMap<string, "*" | readonly string[]>;

/** The types that list everything by themselves. */
export const WILDCARD_ROOTS: Roots = new Map([
  [TYPE_URLS.listener, "*"],
  [TYPE_URLS.cluster, "*"],
]);

/**
 * Subscribes to the roots, then by name to whatever the held resources refer to, and unsubscribes from what nothing
 * refers to any more: as a proxy does.
 */
export function followReferences(
  client: XdsClient,
  schema: Schema,
  roots: Roots,
  handlers: (typeUrl: string) => WatchHandlers,
): Following {
  const watches = new Map<string, { watch: Watch; key: string }>();
  const referencesOf = createReferenceReader(schema);
  const heard = new Map<string, Set<string>>();

  for (const [typeUrl, names] of roots) subscribe(typeUrl, names);

  function subscribe(typeUrl: string, names: "*" | readonly string[]): void {
    const key = names === "*" ? names : [...names].sort().join("\n");
    const known = watches.get(typeUrl);
    if (known?.key === key) return;
    if (known) {
      known.watch.change(names);
      known.key = key;
      return;
    }
    heard.set(typeUrl, new Set());
    const own = handlers(typeUrl);
    const watch = client.watch(typeUrl, names, {
      ...own,
      onRemoved(name) {
        heard.get(typeUrl)?.add(name);
        own.onRemoved?.(name);
      },
      onResponse(response, verdict) {
        own.onResponse?.(response, verdict);
        followAll();
      },
    });
    watches.set(typeUrl, { watch, key });
  }

  /** Types may lead to types: whatever is newly held is told by a response of its own, which calls this again. */
  function followAll(): void {
    const wanted = new Map<string, Set<string>>();
    for (const typeUrl of watches.keys()) {
      if (!roots.has(typeUrl)) wanted.set(typeUrl, new Set());
    }
    for (const typeUrl of watches.keys()) {
      for (const resource of client.resources(typeUrl).values()) {
        for (const reference of referencesOf(resource)) {
          if (roots.has(reference.typeUrl)) continue;
          const names = wanted.get(reference.typeUrl) ?? new Set();
          wanted.set(reference.typeUrl, names.add(reference.name));
        }
      }
    }
    for (const [typeUrl, names] of wanted) subscribe(typeUrl, [...names]);
  }

  return {
    missing() {
      const missing = new Map<string, string[]>();
      for (const [typeUrl, { key }] of watches) {
        if (key === "*" || key === "") continue;
        const held = client.resources(typeUrl);
        const names = key.split("\n").filter((name) => !held.has(name) && !heard.get(typeUrl)?.has(name));
        if (names.length > 0) missing.set(typeUrl, names);
      }
      return missing;
    },
  };
}

/** Reads what a resource refers to, once per content. */
function createReferenceReader(schema: Schema): (resource: HeldResource) => ReturnType<typeof factsOf>["references"] {
  const known = new WeakMap<HeldResource, ReturnType<typeof factsOf>["references"]>();
  return (resource) => {
    const cached = known.get(resource);
    if (cached) return cached;
    const references = readReferences(schema, resource);
    known.set(resource, references);
    return references;
  };
}

function readReferences(schema: Schema, { typeUrl, value }: HeldResource): ReturnType<typeof factsOf>["references"] {
  const desc = schema.messageOf(typeUrl);
  if (!desc) return [];
  try {
    return factsOf(schema, typeUrl, decode(desc, value)).references;
  } catch {
    // Another server's resource may be beyond this schema: shown as far as it can be, followed no further.
    return [];
  }
}
