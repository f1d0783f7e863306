import type { RevisionDocument } from "../admin/schemas/revisions.ts";

/** Who made a revision, and by which sources if that is not the same: `ana@laptop (api)`, `file`. */
export function madeBy({ author, owners }: Pick<RevisionDocument, "author" | "owners">): string {
  const sources = owners.join(" ");
  if (author === undefined || author === sources) return sources;
  return sources === "" ? author : `${author} (${sources})`;
}
