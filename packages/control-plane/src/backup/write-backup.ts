import { createHash } from "node:crypto";
import { checkpointParts } from "../store/codec/checkpoint.ts";
import { packFrame } from "../store/codec/frame.ts";
import type { StoreState } from "../store/store.ts";
import { BACKUP_VERSION, type BackupHead, MAGIC } from "./format.ts";

/** What is told of a backup beside its content. */
export type BackupOrigin = Pick<BackupHead, "fairlead" | "store">;

/** A state as a backup, in parts of at most about half a MB, between which the loop has its turn. See {@link MAGIC} for the format. */
export async function* backupParts(state: StoreState, origin: BackupOrigin): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  const count = (part: Uint8Array) => {
    hash.update(part);
    return part;
  };
  const at = Date.now();
  const head: BackupHead = {
    version: BACKUP_VERSION,
    ...origin,
    at: new Date(at).toISOString(),
    revision: state.revision,
  };
  yield count(Buffer.concat([Buffer.from(MAGIC), packFrame(Buffer.from(JSON.stringify(head)))]));
  for await (const part of checkpointParts({ state, committedAtMs: at })) yield count(part);
  yield packFrame(hash.digest());
}
