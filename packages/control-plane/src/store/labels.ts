import { digestMap, emptyMap, type PersistentMap } from "@fairlead/xds";
import type { Entry } from "./store.ts";

/** Labels remembered in one group; then those longest unused are forgotten. */
export const MAX_USED_LABELS = 1_024;

/** The key of a label in `GroupState.usedLabels`. */
export function labelKey(typeUrl: string, label: string): string {
  return `${typeUrl}\n${label}`;
}

/** A digest of all resources of one type: equal for equal content, however it came about. Costs what changed since the last. */
export function contentDigest(entries: PersistentMap<Entry> | undefined): string {
  return digestMap(entries ?? emptyMap<Entry>(), versionOf);
}

/** The version of what an entry defines: the one thing by which content is digested. */
export function versionOf({ resource }: Entry): string {
  return resource.version;
}
