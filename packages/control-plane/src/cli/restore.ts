import { readFile, stat } from "node:fs/promises";
import type { RollbackResult } from "../admin/schemas/history.ts";
import { BACKUP_TYPE, MAX_BACKUP_BYTES } from "../backup/format.ts";
import { readBackup } from "../backup/read-backup.ts";
import { isEmpty } from "../backup/restore-changes.ts";
import { notEmpty, restoreInto } from "../backup/restore-into.ts";
import { FairleadError } from "../errors.ts";
import type { Store } from "../store/store.ts";
import { createAdminClient } from "./admin-client.ts";
import { printJson } from "./apply.ts";
import type { AuthorOptions } from "./author-options.ts";
import { authorship } from "./authorship.ts";
import { countOf } from "./count-of.ts";
import { formatLeft } from "./format-left.ts";
import { diffCountsInWords } from "./format-state-diff.ts";
import { isOffline, type PlaceOptions, withStore } from "./with-store.ts";

/** Options of `fairlead restore`. */
export interface RestoreOptions extends PlaceOptions, AuthorOptions {
  readonly admin: string;
  readonly output: "text" | "json";
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

/** `fairlead restore`: reads a backup as a whole, then makes one commit of it. */
export async function restore(file: string, options: RestoreOptions): Promise<void> {
  const bytes = await readWhole(file);
  const { head } = readBackup(bytes); // what is wrong with it is told without asking anybody
  const result = isOffline(options) ? await restoreHere(bytes, options) : await ask(bytes, options);
  if (options.output === "json") return printJson({ from: head, ...result });
  const { changed, text } = result;
  const done = options.dryRun
    ? "dry run: nothing was changed"
    : changed
      ? ""
      : "all is as in the backup: nothing was changed";
  process.stdout.write(
    `${[`backup of revision ${head.revision}, ${head.at}`, text, done].filter(Boolean).join("\n")}\n`,
  );
}

interface Restored {
  readonly changed: boolean;
  readonly text: string;
}

async function restoreHere(bytes: Uint8Array, options: RestoreOptions): Promise<Restored & { revision: number }> {
  const { force = false, dryRun = false } = options;
  const backup = readBackup(bytes);
  // Those that serve what the backup was taken of take up what is newer, and nothing else.
  const lastRevision = backup.head.revision;
  const restoreTo = async (store: Store) => {
    const { name } = store.status();
    const size = `${countOf(backup.state.groups.size, "group")}, ${countOf(backup.state.documents.size, "document")}`;
    if (dryRun) {
      const present = store.state();
      if (!force && !isEmpty(present)) throw notEmpty(name);
      return { changed: true, revision: present.revision, text: `${name} would hold it: ${size}` };
    }
    const { author, reason } = authorship(options);
    const { changed, revision } = await restoreInto(store, backup, { force, author, reason });
    return { changed, revision, text: `revision ${revision} of ${name} holds it: ${size}` };
  };
  return await withStore(options, restoreTo, { lastRevision });
}

async function ask(bytes: Uint8Array, options: RestoreOptions): Promise<Restored & RollbackResult> {
  const { force, dryRun } = options;
  const query = {
    force: force ? "true" : undefined,
    dryRun: dryRun ? "true" : undefined,
    ...authorship(options),
  };
  const client = createAdminClient(options.admin);
  const done = await client.upload<RollbackResult>("/v1/restore", query, { type: BACKUP_TYPE, content: bytes });
  const head = `${dryRun ? "" : `revision ${done.revision}: `}${diffCountsInWords(done.counts)}`;
  return { ...done, text: [head, ...done.left.map(formatLeft)].join("\n") };
}

async function readWhole(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size > MAX_BACKUP_BYTES) {
      throw new FairleadError("backup-unusable", `${file} has ${size} bytes: a backup has ${MAX_BACKUP_BYTES} at most`);
    }
    return await readFile(file);
  } catch (error) {
    if (error instanceof FairleadError) throw error;
    throw new FairleadError("usage", `cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
}
