import { createHash } from "node:crypto";
import { type Change, entryOf, type StoreState } from "../store/store.ts";

/** A digest of changes and of what they replace: equal if they would do the same to the same. */
export function digestChanges(state: StoreState, changes: readonly Change[]): string {
  const hash = createHash("sha256");
  for (const change of changes) for (const line of linesOf(state, change)) hash.update(`${JSON.stringify(line)}\n`);
  return hash.digest("base64url").slice(0, 22);
}

function* linesOf(state: StoreState, change: Change): Iterable<readonly unknown[]> {
  if (change.kind === "document") {
    yield [change.key, change.value ?? null, state.documents.get(change.key)?.value ?? null];
    return;
  }
  const { kind, group, owner } = change;
  const now = state.groups.get(group);
  yield [kind, group, owner];
  const versionOf = (key: { readonly typeUrl: string; readonly name: string }) =>
    entryOf(now, key)?.resource.version ?? null;
  if (kind === "withdraw") {
    for (const { typeUrl, name } of now?.owners.get(owner)?.values() ?? []) {
      yield [typeUrl, name, versionOf({ typeUrl, name })];
    }
    return;
  }
  for (const { resource } of change.upsert) {
    yield [resource.typeUrl, resource.name, versionOf(resource), resource.version];
  }
  for (const key of change.remove) yield [key.typeUrl, key.name, versionOf(key)];
  yield [...(change.labels ?? [])];
}
