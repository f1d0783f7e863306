import { contentVersion } from "@fairlead/xds";
import { versionOf } from "../store/labels.ts";
import type { GroupState } from "../store/store.ts";

/**
 * Per type, the version under which a wildcard State of the World subscription gets this content: the user's label, else
 * the digest (protocol.md C6).
 */
export function typeVersions(state: GroupState | undefined): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const [typeUrl, entries] of state?.types ?? []) {
    versions[typeUrl] = state?.labels.get(typeUrl) ?? contentVersion(typeUrl, entries, versionOf);
  }
  return versions;
}
