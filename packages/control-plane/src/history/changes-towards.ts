import { isDeepStrictEqual } from "node:util";
import { diffMaps } from "@fairlead/xds";
import { GROUP_RULES_KEY } from "../groups/rules-document.ts";
import { serviceDocumentKey } from "../registry/instance.ts";
import { templateDocumentKey } from "../registry/resources/settings.ts";
import { applyChanges, isSameResource } from "../store/apply.ts";
import { contentDigest, labelKey } from "../store/labels.ts";
import {
  type Change,
  type Derive,
  type Document,
  type DocumentChange,
  entryOf,
  type GroupState,
  keyOf,
  type Owner,
  type StoreState,
} from "../store/store.ts";

/** What is to be as in another state. */
export interface TowardsOptions {
  /** Whose resources. */
  readonly owner: Owner;
  /** Only this group, and the document with its template; `undefined`: all. */
  readonly group: string | undefined;
  /** What each commit derives of documents. */
  readonly derive: Derive | undefined;
}

/**
 * The changes after which an owner's resources, and the documents that people write (settings of services, templates, group
 * rules), are as in another state, under the labels that they had there. What others define, registered instances, and who runs what
 * stay as they are. Pure; costs what differs, and the groups that do.
 *
 * A label is not given where the type's content, which others may share in, is not what it stood for.
 */
export function changesTowards(state: StoreState, target: StoreState, options: TowardsOptions): readonly Change[] {
  const { owner, derive } = options;
  const changes: Change[] = [];
  diffMaps(state.groups, target.groups, (group, now, then) => {
    if (options.group !== undefined && options.group !== group) return;
    const change = groupChange(group, owner, now, then);
    if (change) changes.push(change);
  });
  changes.push(...documentChanges(state, target, options.group));
  const { state: after } = applyChanges(state, changes, state.revision + 1, derive);
  for (const { group, owners, labels, usedLabels } of target.groups.values()) {
    if (!owners.has(owner) || (options.group !== undefined && options.group !== group)) continue;
    const given = labelsOf(owner, { labels, usedLabels }, after.groups.get(group));
    if (given.size > 0) changes.push({ kind: "update", group, owner, upsert: [], remove: [], labels: given });
  }
  return changes;
}

const NO_SETTINGS = {};

/** Whether a document says anything that people wrote. */
export function isWrittenNow({ key, value }: Document): boolean {
  return isWritten(key) && !isDeepStrictEqual(value, NO_SETTINGS);
}

/** Whether people write a document: it is not the registry's, or a source's. */
export function isWritten(key: string): boolean {
  return key === GROUP_RULES_KEY || key.startsWith(serviceDocumentKey("")) || key.startsWith(templateDocumentKey(""));
}

function groupChange(
  group: string,
  owner: Owner,
  now: GroupState | undefined,
  then: GroupState | undefined,
): Change | undefined {
  const wanted = then?.owners.get(owner);
  const held = now?.owners.get(owner);
  if (!wanted) return held && { kind: "withdraw", group, owner };
  const upsert = [...wanted.values()].flatMap((key) => {
    const entry = entryOf(then, key)!;
    const present = entryOf(now, key);
    return present?.owner === owner && isSameResource(present.resource, entry.resource) ? [] : [entry];
  });
  const remove = [...(held?.values() ?? [])].filter((key) => !wanted.has(keyOf(key)));
  if (held && upsert.length === 0 && remove.length === 0) return undefined;
  return { kind: "update", group, owner, upsert, remove };
}

function documentChanges(state: StoreState, target: StoreState, group: string | undefined): DocumentChange[] {
  const changes: DocumentChange[] = [];
  diffMaps(state.documents, target.documents, (key, now, then) => {
    if (group === undefined ? !isWritten(key) : key !== templateDocumentKey(group)) return;
    // That there is a service is the registry's to say, which remembers it by an empty document: only its settings go.
    const value = then?.value ?? (key.startsWith(serviceDocumentKey("")) ? NO_SETTINGS : undefined);
    if (!isDeepStrictEqual(now?.value, value)) changes.push({ kind: "document", key, value });
  });
  return changes;
}

/** Labels that stood for what is there now. */
function labelsOf(
  owner: Owner,
  then: Pick<GroupState, "labels" | "usedLabels">,
  now: GroupState | undefined,
): Map<string, string> {
  const given = new Map<string, string>();
  for (const [typeUrl, label] of then.labels) {
    const stoodFor = then.usedLabels.get(labelKey(typeUrl, label));
    if (stoodFor?.owner !== owner || now?.labels.get(typeUrl) === label) continue;
    const digest = contentDigest(now?.types.get(typeUrl));
    const standsFor = now?.usedLabels.get(labelKey(typeUrl, label))?.digest ?? digest;
    if (stoodFor.digest === digest && standsFor === digest) given.set(typeUrl, label);
  }
  return given;
}
