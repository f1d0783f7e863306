import { isDeepStrictEqual } from "node:util";
import type { PersistentMap } from "@fairlead/xds";
import type { Change, Document, DocumentChange } from "./store.ts";

/** What changes make of the documents. */
export interface AppliedDocuments {
  readonly documents: PersistentMap<Document>;
  /** Keys of those that differ. */
  readonly touched: ReadonlySet<string>;
  /** Keys of those whose change was for another revision of theirs. */
  readonly passedOver: readonly string[];
}

/** Applies the changes of documents, in order; `ifRevision` and `ifOther` are of the state before any of them. Pure. */
export function applyDocuments(
  before: PersistentMap<Document>,
  changes: readonly Change[],
  revision: number,
): AppliedDocuments {
  let documents = before;
  const touched = new Set<string>();
  const passedOver: string[] = [];
  for (const change of changes) {
    if (change.kind !== "document") continue;
    const { key, value } = change;
    if (isPassedOver(before, change)) {
      passedOver.push(key);
      continue;
    }
    if (isDeepStrictEqual(documents.get(key)?.value, value)) continue;
    documents = value === undefined ? documents.delete(key) : documents.set(key, { key, value, revision });
    touched.add(key);
  }
  return { documents, touched, passedOver };
}

/** Whether a change is for other revisions than the documents have. */
export function isPassedOver(
  documents: PersistentMap<Document>,
  { key, ifRevision, ifOther }: DocumentChange,
): boolean {
  const isAt = (revision: number, of: string) => revision === (documents.get(of)?.revision ?? 0);
  return (
    (ifRevision !== undefined && !isAt(ifRevision, key)) ||
    (ifOther !== undefined && !isAt(ifOther.revision, ifOther.key))
  );
}
