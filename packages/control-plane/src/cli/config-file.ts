import { existsSync, statSync } from "node:fs";
import { FairleadError } from "../errors.ts";

/** The configuration that is read where none is named. */
const DEFAULT_FILE = "fairlead.yaml";

/** The configuration file to read: the one named, else `fairlead.yaml` if there is one; `undefined`: none. */
export function findConfigFile(named: string | undefined): string | undefined {
  return named ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined);
}

/**
 * Insists on a directory.
 *
 * @throws FairleadError `usage`
 */
export function assertDirectory(dir: string): void {
  if (existsSync(dir) && statSync(dir).isDirectory()) return;
  throw new FairleadError("usage", `${dir} is no directory: name one with resource files (*.yaml, *.json)`);
}
