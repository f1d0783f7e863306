import { isDeepStrictEqual } from "node:util";
import { diffMaps } from "@fairlead/xds";
import { templateDocumentKey } from "../registry/resources/settings.ts";
import { compareGroups, type Difference, type DifferenceKind } from "../store/compare.ts";
import type { Document, GroupState, StoreState } from "../store/store.ts";

/** What differs between two states: of a resource, of a document, of the version under which a type is served. */
export type StateDifference = ResourceDifference | DocumentDifference | VersionDifference;

/** A resource that two states do not hold alike. */
export interface ResourceDifference extends Difference {
  readonly of: "resource";
  readonly group: string;
}

/** A document that two states do not hold alike. */
export interface DocumentDifference {
  readonly of: "document";
  readonly kind: DifferenceKind;
  readonly key: string;
  readonly before: Document | undefined;
  readonly after: Document | undefined;
}

/** A version of the user's own that two states do not give alike to what is there in both. */
export interface VersionDifference {
  readonly of: "version";
  readonly kind: DifferenceKind;
  readonly group: string;
  readonly typeUrl: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What to compare; without a filter all. */
export interface StateFilter {
  /** Only this group, and the document with what it has of its own. */
  readonly group?: string | undefined;
  /** Only resources of this type. */
  readonly typeUrl?: string | undefined;
}

/** What differs between two states, whether they share history or not. Costs what differs where they do. */
export function compareStates(from: StoreState, to: StoreState, filter: StateFilter = {}): StateDifference[] {
  const differences: StateDifference[] = [];
  const addGroup = (group: string, before: GroupState | undefined, after: GroupState | undefined) => {
    if (filter.group !== undefined && filter.group !== group) return;
    for (const one of [...compareResources(group, before, after), ...compareVersions(group, before, after)]) {
      if (filter.typeUrl === undefined || filter.typeUrl === one.typeUrl) differences.push(one);
    }
  };
  diffMaps(from.groups, to.groups, addGroup);
  if (filter.typeUrl === undefined) differences.push(...compareDocuments(from, to, filter));
  return differences;
}

function compareResources(
  group: string,
  before: GroupState | undefined,
  after: GroupState | undefined,
): ResourceDifference[] {
  return compareGroups(before, after).map((difference) => ({ of: "resource", group, ...difference }));
}

function compareVersions(
  group: string,
  before: GroupState | undefined,
  after: GroupState | undefined,
): VersionDifference[] {
  return [...new Set([...(before?.labels.keys() ?? []), ...(after?.labels.keys() ?? [])])].flatMap((typeUrl) => {
    const [was, is] = [before?.labels.get(typeUrl), after?.labels.get(typeUrl)];
    if (was === is) return [];
    return { of: "version", kind: kindOf(was, is), group, typeUrl, before: was, after: is };
  });
}

function compareDocuments(from: StoreState, to: StoreState, { group }: StateFilter): DocumentDifference[] {
  const differences: DocumentDifference[] = [];
  diffMaps(from.documents, to.documents, (key, before, after) => {
    if (group !== undefined && key !== templateDocumentKey(group)) return;
    if (isDeepStrictEqual(before?.value, after?.value)) return;
    differences.push({ of: "document", kind: kindOf(before, after), key, before, after });
  });
  return differences;
}

function kindOf(before: unknown, after: unknown): DifferenceKind {
  if (before === undefined) return "added";
  return after === undefined ? "removed" : "changed";
}
