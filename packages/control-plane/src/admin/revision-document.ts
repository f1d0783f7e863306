import type { Revision } from "./describe-revision.ts";
import type { RevisionDocument } from "./schemas/revisions.ts";

/** A revision as the admin API shows it. */
export function revisionDocument(revision: Revision): RevisionDocument {
  return {
    revision: revision.revision,
    at: new Date(revision.committedAtMs).toISOString(),
    owners: [...revision.owners],
    ...(revision.author !== undefined && { author: revision.author }),
    ...(revision.reason !== undefined && { reason: revision.reason }),
    groups: revision.groups.map(({ group, change, counts, resources, labels }) => ({
      ...{ group, change, counts },
      resources: [...resources],
      versions: Object.fromEntries(labels),
    })),
    groupCount: revision.groupCount,
    documents: [...revision.documents],
    documentCount: revision.documentCount,
  };
}
