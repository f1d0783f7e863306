import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A temporary folder for logs and configuration. */
export interface Scratch {
  readonly path: string;
  /** Removes it; call it only when the test passed, since the logs explain a failure. */
  remove(): void;
}

/** Makes a new temporary folder. */
export function makeScratch(name: string): Scratch {
  const path = mkdtempSync(join(tmpdir(), `fairlead-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
