import { rename, rm, writeFile } from "node:fs/promises";
import { FairleadError } from "../errors.ts";

/**
 * Writes a file whole or not at all: beside it first, then over it.
 *
 * @param mode who may read and write it; default: as the system has it
 * @throws FairleadError `usage` where it cannot be written
 */
export async function writeWhole(path: string, content: Uint8Array | string, mode?: number): Promise<void> {
  const scratch = `${path}.${process.pid}.tmp`;
  try {
    await rm(scratch, { force: true });
    await writeFile(scratch, content, { mode, flag: "wx" }); // into no file, and through no link, that is there already
    await rename(scratch, path);
  } catch (error) {
    await rm(scratch, { force: true });
    throw new FairleadError("usage", `cannot write ${path}: ${(error as Error).message}`, { cause: error });
  }
}
