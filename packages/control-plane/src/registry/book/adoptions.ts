import type { Json } from "../../store/store.ts";

/** Who took over the instances of a replica that is gone. */
export interface Adoption {
  readonly by: string;
  /** The revision at which it did: what the replica wrote later, having come back, is its own again. */
  readonly revision: number;
  /** Counts the adoptions of that replica, so that each is another content. */
  readonly term: number;
}

/** The key of the document that says who adopted a replica's instances. */
export function adoptionDocumentKey(replica: string): string {
  return `adoptions/${replica}`;
}

/** The adoption in a document; `undefined`: that is not one. */
export function adoptionOf(value: Json, revision: number): Adoption | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { by, term } = value as { readonly by?: Json; readonly term?: Json };
  if (typeof by !== "string") return undefined;
  return { by, revision, term: typeof term === "number" ? term : 0 };
}

/**
 * Who owns what `writer` wrote at a revision: itself, unless it was adopted since; then whoever did, unless that one was adopted
 * later; and so on. Each step leads to a later revision, so it ends. The same on every replica that read the same.
 */
export function ownerOf(adoptions: ReadonlyMap<string, Adoption>, writer: string, revision: number): string {
  let owner = writer;
  let since = revision;
  for (;;) {
    const adoption = adoptions.get(owner);
    if (!adoption || adoption.revision <= since) return owner;
    owner = adoption.by;
    since = adoption.revision;
  }
}
