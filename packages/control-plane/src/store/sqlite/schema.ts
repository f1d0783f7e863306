/** What tells a store's file from others. */
export const FORMAT = {
  /** "Flld" */
  application: 0x466c6c64,
  /** Grows when older versions of Fairlead could not read what is written. */
  version: 1,
} as const;

/** Makes an empty file a store. All at once: a file is a store or nothing. */
export const SCHEMA = `
BEGIN;
PRAGMA application_id = ${FORMAT.application};
PRAGMA user_version = ${FORMAT.version};
CREATE TABLE records (revision INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE checkpoints (revision INTEGER PRIMARY KEY) STRICT;
CREATE TABLE checkpoint_parts (
  revision INTEGER NOT NULL, part INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE (revision, part)
) STRICT;
CREATE TABLE forgotten (id INTEGER PRIMARY KEY) STRICT;
COMMIT;
`;
