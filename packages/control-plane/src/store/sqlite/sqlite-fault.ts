import { FairleadError } from "../../errors.ts";

/** What SQLite's result codes mean here; extended codes have these in their low byte. */
const BUSY = 5;
const READONLY = 8;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** The error of a file that cannot be used as it is; `mend` says what to do. */
export function unusable(path: string, why: string, mend: string, cause?: unknown): FairleadError {
  return new FairleadError("store-unusable", `${path} cannot be used: ${why}; ${mend}`, { cause });
}

/** Says what an error of SQLite means to whoever opens the file, or reads and writes it. Others pass as they are. */
export function toSqliteFault(error: unknown, path: string, what: "open" | "use"): unknown {
  if (!(error instanceof Error) || !("errcode" in error) || error instanceof FairleadError) return error;
  const code = (error.errcode as number) & 0xff;
  const told = `${error.message} (SQLite ${error.errcode})`;
  if (code === FULL) {
    const message = `${path} cannot grow: ${told}; nothing was changed: make room on its disk, then ask again`;
    return new FairleadError("store-full", message, { cause: error });
  }
  if (code === CORRUPT || code === NOTADB) {
    return unusable(path, told, "put a backup in its place, or move it away to begin anew", error);
  }
  if (what === "use") {
    const message = `${path} cannot be used at present: ${told}; the change may have been made nevertheless`;
    return new FairleadError("store-unavailable", message, { cause: error });
  }
  if (code === BUSY) {
    return unusable(path, "another process has it", "end that one, or name another directory with --data-dir", error);
  }
  const isRights = code === READONLY || code === CANTOPEN;
  return unusable(
    path,
    told,
    isRights ? "name a directory that can be written with --data-dir" : "see its disk",
    error,
  );
}
