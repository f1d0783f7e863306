// Makes the packages as they are published, as tarballs: `npm run pack [-- DIR]`, by default into dist/.
// Workspaces run from TypeScript; Node does not strip types below node_modules, so what is published is compiled here, in a
// folder of its own.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { publishedWorkspaces, writePublished } from "./published.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = resolve(process.argv[2] ?? join(root, "dist"));
mkdirSync(target, { recursive: true });
mkdirSync(join(root, "dist"), { recursive: true });
const stage = mkdtempSync(join(root, "dist", "stage-"));
try {
  for (const { folder } of publishedWorkspaces()) pack(folder, join(stage, folder));
} finally {
  rmSync(stage, { recursive: true, force: true });
}

function pack(folder: string, to: string): void {
  writePublished(folder, to);
  const args = ["pack", "--json", "--loglevel=error", "--pack-destination", target, to];
  const printed = execFileSync("npm", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  const [{ filename, size, unpackedSize, entryCount }] = JSON.parse(printed) as [PackResult];
  const kb = (bytes: number) => `${Math.round(bytes / 1000)} kB`;
  process.stdout.write(`${filename}: ${kb(size)}, unpacked ${kb(unpackedSize)}, ${entryCount} files\n`);
}

interface PackResult {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly entryCount: number;
}
