import { createHash } from "node:crypto";
import { z } from "zod";
import { FairleadError } from "../errors.ts";
import { readCheckpoint } from "../store/codec/checkpoint.ts";
import { frameLengths, unpackFrames } from "../store/codec/frame.ts";
import type { StoreState } from "../store/store.ts";
import { BACKUP_VERSION, type BackupHead, MAGIC } from "./format.ts";

/** What a backup holds. */
export interface Backup {
  readonly head: BackupHead;
  /** Without what is derived. */
  readonly state: StoreState;
}

const headSchema = z.object({
  version: z.int().min(1),
  fairlead: z.string(),
  store: z.string(),
  at: z.iso.datetime(),
  revision: z.int().min(0),
});

/**
 * Reads a backup, all of it, before anything is done with it.
 *
 * @throws FairleadError `backup-unusable`: it is none, damaged, ends too early, or is of a newer version
 */
export function readBackup(bytes: Uint8Array): Backup {
  const magic = Buffer.from(MAGIC);
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(magic.length, bytes.length)).equals(magic)) {
    throw unusable("it does not begin as a backup of Fairlead's does");
  }
  try {
    const frames = bytes.subarray(magic.length);
    const lengths = frameLengths(frames);
    const sumAt = frames.length - (lengths.at(-1) ?? 0);
    const [sum] = unpackFrames(frames.subarray(sumAt));
    const digest = createHash("sha256")
      .update(bytes.subarray(0, magic.length + sumAt))
      .digest();
    if (lengths.length < 3 || !sum || !digest.equals(sum))
      throw unusable("it ends too early, or its checksum is another");
    const [packed] = unpackFrames(frames.subarray(0, lengths[0]));
    const head = headSchema.parse(JSON.parse(Buffer.from(packed!).toString()));
    if (head.version > BACKUP_VERSION) {
      throw unusable(
        `it is of format ${head.version}, of a newer Fairlead (${head.fairlead}); this one reads up to ${BACKUP_VERSION}`,
      );
    }
    const { state } = readCheckpoint([frames.subarray(lengths[0], sumAt)]);
    return { head, state };
  } catch (error) {
    if (error instanceof FairleadError && error.code === "backup-unusable") throw error;
    throw unusable((error as Error).message.replace(/^a record cannot be read: /, ""), error);
  }
}

function unusable(why: string, cause?: unknown): FairleadError {
  return new FairleadError("backup-unusable", `This backup cannot be restored: ${why}. Nothing was changed.`, {
    cause,
  });
}
