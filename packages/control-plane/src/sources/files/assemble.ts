import { isSameResource, takenMessage } from "../../store/apply.ts";
import {
  type Change,
  type Entry,
  entryOf,
  type GroupState,
  keyOf,
  type Owner,
  type ResourceKey,
} from "../../store/store.ts";
import { type Fault, whereOf } from "../../validation/fault.ts";
import type { FileContent } from "./parse-file.ts";
import { hasForNode } from "./parse-program.ts";

/** What the files of one group come to. */
export type Assembled =
  | { readonly kind: "change"; readonly change: Change }
  | { readonly kind: "faulty"; readonly faults: readonly Fault[] };

/** The files of one group. */
export interface GroupFiles {
  readonly group: string;
  readonly owner: Owner;
  /** What the files say now, by path. */
  readonly seen: ReadonlyMap<string, FileContent>;
  /** What of them the store holds, by path. */
  readonly committed: ReadonlyMap<string, FileContent>;
  /** Whether the store holds it from files that a former process read: what they held is known from the store alone. */
  readonly isRestored: boolean;
  /** The group in the store. */
  readonly state: GroupState | undefined;
  /** Whether the group may come to hold nothing. */
  readonly allowEmpty: boolean;
  /** Whether the group's directory is there: gone with everything in it, the group is withdrawn and not emptied. */
  readonly hasDirectory: boolean;
}

/** Makes one change of all that is new in the files of a group; costs what the changed files hold. */
export function assemble(files: GroupFiles): Assembled {
  const { group, owner, seen, committed, state } = files;
  const errors = [...seen.values()].flatMap((content) => content.errors);
  if (errors.length > 0) return { kind: "faulty", faults: errors };
  if (!files.allowEmpty && [...seen.values()].every(isEmpty)) {
    return { kind: "faulty", faults: [emptied(files)] };
  }
  if (seen.size === 0 && !files.hasDirectory) return { kind: "change", change: { kind: "withdraw", group, owner } };

  const changed = new Set(
    [...seen.keys(), ...committed.keys()].filter((path) => seen.get(path) !== committed.get(path)),
  );
  const added = new Map<string, Entry>();
  const faults: Fault[] = [];
  for (const entry of [...changed].flatMap((path) => seen.get(path)?.entries ?? [])) {
    const key = keyOf(entry.resource);
    const twin = added.get(key) ?? (files.isRestored ? undefined : elsewhere(entry, owner, state, changed));
    if (twin) faults.push(duplicate(group, entry, twin));
    else added.set(key, entry);
  }
  if (faults.length > 0) return { kind: "faulty", faults };

  const remove = new Map<string, ResourceKey>();
  for (const { resource } of [...changed].flatMap((path) => committed.get(path)?.entries ?? [])) {
    const { typeUrl, name } = resource;
    if (!added.has(keyOf(resource))) remove.set(keyOf(resource), { typeUrl, name });
  }
  if (files.isRestored) {
    for (const [key, gone] of state?.owners.get(owner)?.entries() ?? []) if (!added.has(key)) remove.set(key, gone);
  }
  const upsert = [...added.values()].filter((entry) => !isHeld(entry, state));
  return { kind: "change", change: { kind: "update", group, owner, upsert, remove: [...remove.values()] } };
}

function isEmpty(content: FileContent): boolean {
  return content.entries.length === 0 && !hasForNode(content);
}

/** The same name in a file that did not change. */
function elsewhere(
  entry: Entry,
  owner: Owner,
  state: GroupState | undefined,
  changed: ReadonlySet<string>,
): Entry | undefined {
  const held = entryOf(state, entry.resource);
  return held?.owner === owner && held.place.file !== undefined && !changed.has(held.place.file) ? held : undefined;
}

function isHeld(entry: Entry, state: GroupState | undefined): boolean {
  const held = entryOf(state, entry.resource);
  if (!held || held.owner !== entry.owner || !isSameResource(held.resource, entry.resource)) return false;
  const { file, pointer, line, column } = held.place;
  const { place } = entry;
  return file === place.file && pointer === place.pointer && line === place.line && column === place.column;
}

function duplicate(group: string, entry: Entry, twin: Entry): Fault {
  const { typeUrl, name } = entry.resource;
  const message = takenMessage(group, entry, twin);
  return { severity: "error", rule: "name.duplicate", message, ...whereOf(entry.place), group, typeUrl, name };
}

function emptied({ group, seen }: GroupFiles): Fault {
  const what = seen.size === 0 ? "has no resource files any more" : "has files, but no resource in them";
  const message = `group ${group} ${what}; to take everything from its proxies, set allowEmpty: true`;
  return { severity: "error", rule: "group.emptied", message, pointer: "", group };
}
