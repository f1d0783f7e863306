import type { DocumentChange } from "../../store/store.ts";
import { instanceDocumentKey } from "../instance.ts";
import { instanceDocument } from "../instance-document.ts";
import { adoptionDocumentKey } from "./adoptions.ts";
import type { Entry, Wish } from "./entry.ts";
import type { Owners } from "./owners.ts";
import { comparePositions } from "./position.ts";
import { asDecision } from "./wishes.ts";

/** No document is ever at it. */
const NO_REVISION = -1;

/** This replica adopts another's instances. */
export function adoptionChange(replica: string, { self, adoptions }: Owners): DocumentChange {
  const known = adoptions.get(replica);
  const value = { by: self, term: (known?.term ?? 0) + 1 };
  return { kind: "document", key: adoptionDocumentKey(replica), value, ifRevision: known?.revision ?? 0 };
}

/**
 * What a wish makes of an instance's document, fenced by the revision that it was decided on.
 *
 * @param unreadableRevision of a document that is no instance; 0: there is none
 */
export function instanceChange(
  entry: Entry,
  wished: Wish,
  { self, isOwn, adoptions }: Owners,
  unreadableRevision: (key: string) => number,
): DocumentChange {
  const key = instanceDocumentKey(entry.service.name, entry.id);
  // The store has something newer than what was decided: to be passed over, and decided anew.
  const decision = asDecision(wished);
  const isOutdated = decision !== undefined && comparePositions(decision, entry) <= 0;
  const ifRevision = isOutdated ? NO_REVISION : entry.revision || unreadableRevision(key);
  const change = { kind: "document", key, ifRevision } as const;
  // Only the owner lets an instance expire: if this replica was adopted meanwhile, it is not the owner any more.
  const asOwner = { ifOther: { key: adoptionDocumentKey(self), revision: adoptions.get(self)?.revision ?? 0 } };
  const moves = (entry.stored?.moves ?? 0) + (entry.stored && !isOwn(entry) ? 1 : 0);
  switch (wished.kind) {
    case "put":
      return { ...change, value: instanceDocument(wished.registration, true, self, moves) };
    case "remove":
      return { ...change, value: undefined, ...(wished.why === "expired" && asOwner) };
    case "mark": {
      const value = instanceDocument(entry.stored!, wished.isHealthy, self, moves);
      return { ...change, value, ...(!wished.isHealthy && asOwner) };
    }
  }
}
