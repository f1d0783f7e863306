import { Readable } from "node:stream";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { BACKUP_TYPE, MAX_BACKUP_BYTES } from "../../backup/format.ts";
import { readBackup } from "../../backup/read-backup.ts";
import { notEmpty, restoreReason } from "../../backup/restore-into.ts";
import { backupParts } from "../../backup/write-backup.ts";
import { isWrittenNow } from "../../history/changes-towards.ts";
import { deriveAnew } from "../../store/apply.ts";
import type { StoreState } from "../../store/store.ts";
import { readVersion } from "../../version.ts";
import { API_OWNER } from "../api-resources.ts";
import type { AdminContext } from "../context.ts";
import { draining } from "../draining.ts";
import { rollBack } from "../roll-back.ts";
import { RestoreQuery, RollbackResult } from "../schemas/history.ts";
import { withProblems } from "../schemas/with-problems.ts";
import { showRollback } from "../show-rollback.ts";

const BYTES = z.unknown().meta({ type: "string", format: "binary", description: "A backup." });

/** All that the store holds, as a file and back. */
export function backupRoutes({ store, committer, types, closing }: AdminContext): FastifyPluginAsyncZod {
  return async (app) => {
    app.addContentTypeParser(BACKUP_TYPE, { parseAs: "buffer" }, async (_request: unknown, body: unknown) => body);

    app.get(
      "/v1/backup",
      {
        schema: {
          operationId: "backUp",
          summary: "Take a backup",
          description:
            "All resources, documents and versions of one revision, whoever defines them, without history. **With secrets in the clear.** A " +
            "checksum at the end tells whether all of it came.",
          tags: ["backup"],
          response: withProblems({
            200: { description: "The backup.", content: { [BACKUP_TYPE]: { schema: z.string() } } },
          }),
        },
      },
      async (_request, reply) => {
        const origin = { fairlead: readVersion(), store: store.status().name };
        reply.type(BACKUP_TYPE);
        return reply.send(Readable.from(backupParts(store.state(), origin), { objectMode: false }) as never);
      },
    );

    app.post(
      "/v1/restore",
      {
        bodyLimit: MAX_BACKUP_BYTES,
        schema: {
          operationId: "restore",
          summary: "Restore a backup",
          description:
            "What the API manages, and the documents that people write, become as they are in the backup: read and checked as a whole " +
            "before anything is changed, then one commit. What files and other sources define, and registered instances, stay as they " +
            "are here, and `left` tells which are not as in the backup. Where the API manages something already, `force` is needed.",
          tags: ["backup"],
          consumes: [BACKUP_TYPE],
          querystring: RestoreQuery,
          body: BYTES,
          response: withProblems({ 200: RollbackResult }, 400, 409, 413, 503),
        },
      },
      async ({ query, body }) => {
        const isDryRun = query.dryRun === "true";
        if (closing.aborted && !isDryRun) throw draining();
        const { head, state } = readBackup(body instanceof Uint8Array ? body : Buffer.of());
        const { author, reason = restoreReason(head.revision) } = query;
        const judge = (present: StoreState) => {
          if (query.force !== "true" && holdsOwn(present)) throw notEmpty(store.status().name);
        };
        const options = { group: undefined, plan: undefined, dryRun: isDryRun, author, reason, judge };
        const done = await rollBack({ committer, types }, deriveAnew(state, store.derive), options);
        return showRollback(types.schema(), done, { to: head.revision, isDryRun });
      },
    );
  };
}

/** Whether there is anything that a restore would replace. */
function holdsOwn({ groups, documents }: StoreState): boolean {
  for (const { owners } of groups.values()) if (owners.has(API_OWNER)) return true;
  for (const document of documents.values()) if (isWrittenNow(document)) return true;
  return false;
}
