import { digestOf, type PersistentMap } from "@fairlead/xds";
import type { Entry, GroupState } from "../store/store.ts";

const digests = new WeakMap<PersistentMap<Entry>, string>();

/**
 * Per type, the version under which a wildcard State of the World subscription gets this content: the user's label, else
 * the digest (protocol.md C6).
 */
export function typeVersions(state: GroupState | undefined): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const [typeUrl, entries] of state?.types ?? []) {
    versions[typeUrl] = state?.labels.get(typeUrl) ?? digestOfEntries(typeUrl, entries);
  }
  return versions;
}

/** Unchanged types keep their map from state to state, and so their digest. */
function digestOfEntries(typeUrl: string, entries: PersistentMap<Entry>): string {
  const known = digests.get(entries);
  if (known !== undefined) return known;
  const resources = [...entries.keys()].sort().map((name) => entries.get(name)!.resource);
  const digest = digestOf(typeUrl, resources, []);
  digests.set(entries, digest);
  return digest;
}
