import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";

/** `fairlead 0.1.0 (0a87578), Node 24.21.0`: with the commit that was measured, and a `+` if the tree had changes. */
export async function fairleadVersion(): Promise<string> {
  const text = await readFile(new URL("../../../control-plane/package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(text) as { version: string };
  return `fairlead ${version}${commit()}, Node ${process.versions.node}`;
}

function commit(): string {
  try {
    const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8", cwd: import.meta.dirname }).trim();
    return ` (${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain") === "" ? "" : "+"})`;
  } catch {
    return ""; // not a clone
  }
}
