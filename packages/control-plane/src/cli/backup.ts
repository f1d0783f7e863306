import { buffer } from "node:stream/consumers";
import { readBackup } from "../backup/read-backup.ts";
import { backupParts } from "../backup/write-backup.ts";
import { FairleadError } from "../errors.ts";
import { readVersion } from "../version.ts";
import { createAdminClient } from "./admin-client.ts";
import { printJson } from "./apply.ts";
import { countOf } from "./count-of.ts";
import { isOffline, type PlaceOptions, withStore } from "./with-store.ts";
import { writeWhole } from "./write-whole.ts";

/** Options of `fairlead backup`. */
export interface BackupOptions extends PlaceOptions {
  readonly admin: string;
  readonly output: "text" | "json";
}

/** `fairlead backup`: writes all that a store holds to a file, and only once it is known to be whole. */
export async function backup(file: string, options: BackupOptions): Promise<void> {
  const bytes = isOffline(options) ? await readStore(options) : await ask(options.admin);
  const { head, state } = readBackup(bytes);
  await writeWhole(file, bytes, 0o600);
  const groups = [...state.groups.values()];
  const resources = groups.reduce(
    (sum, { types }) => sum + [...types.values()].reduce((n, { size }) => n + size, 0),
    0,
  );
  const found = { groups: groups.length, resources, documents: state.documents.size, bytes: bytes.length };
  if (options.output === "json") return printJson({ file, ...head, ...found });
  const what = [
    countOf(resources, "resource"),
    countOf(groups.length, "group"),
    countOf(state.documents.size, "document"),
  ];
  process.stdout.write(`revision ${head.revision} is in ${file}: ${what.join(", ")}; ${bytes.length} bytes\n`);
}

async function readStore(options: BackupOptions): Promise<Uint8Array> {
  return await withStore({ ...options, mustExist: true }, async (store) => {
    const parts = backupParts(store.state(), { fairlead: readVersion(), store: store.status().name });
    return await buffer(parts);
  });
}

async function ask(admin: string): Promise<Uint8Array> {
  const response = await createAdminClient(admin).open("/v1/backup");
  return await response.bytes().catch((cause: unknown) => {
    throw new FairleadError("admin-unreachable", "the backup broke off: nothing was written; try again", { cause });
  });
}
