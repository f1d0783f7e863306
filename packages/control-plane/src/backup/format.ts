/**
 * The first bytes of a backup. Frames of the store's own encoding follow, each with its length and checksum: one with a
 * {@link BackupHead} in JSON, those of a checkpoint (resources, documents and labels of one revision, without what is derived and
 * without history), and at last one with the SHA-256 of all bytes before it, by which a file that ends early is told.
 */
export const MAGIC = "fairlead backup\n";

/** The version of the format that is written; an older one is read, a newer one refused. */
export const BACKUP_VERSION = 1;

/** Bytes of a backup that is read, at most: it is held in memory, as the state is. */
export const MAX_BACKUP_BYTES = 512 * 1024 * 1024;

/** The media type of a backup. */
export const BACKUP_TYPE = "application/vnd.fairlead.backup";

/** What a backup says of itself. */
export interface BackupHead {
  /** Of the format. */
  readonly version: number;
  /** The version of Fairlead that wrote it. */
  readonly fairlead: string;
  /** The store that it was taken from: `memory`, `sqlite:…`. */
  readonly store: string;
  /** When it was taken; RFC 3339. */
  readonly at: string;
  /** The revision whose state it holds. */
  readonly revision: number;
}
