import { createHash } from "node:crypto";
import type { PersistentMap } from "@fairlead/xds";
import type { Entry } from "./store.ts";

/** Labels remembered in one group; then those longest unused are forgotten. */
export const MAX_USED_LABELS = 1_024;

/** The key of a label in `GroupState.usedLabels`. */
export function labelKey(typeUrl: string, label: string): string {
  return `${typeUrl}\n${label}`;
}

/** A digest of all resources of one type: equal for equal content, however it came about. */
export function contentDigest(entries: PersistentMap<Entry> | undefined): string {
  const hash = createHash("sha256");
  const names = [...(entries?.keys() ?? [])].sort();
  for (const name of names) {
    hash.update(`${JSON.stringify([name, entries!.get(name)!.resource.version])}\n`);
  }
  return hash.digest("base64url");
}
