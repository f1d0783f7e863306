import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { publishedWorkspaces, writePublished } from "../../../../scripts/published.ts";
import type { Built } from "./built.ts";
import { fairleadVersion } from "./fairlead-version.ts";

const packages = fileURLToPath(new URL("../../../../.tools/published/node_modules", import.meta.url));

/**
 * Fairlead as it is published, compiled: what its users run. From a checkout Node's compiler of TypeScript would be measured
 * too, some 20 MB. What it depends on is found in the repository's own `node_modules`, above.
 */
export async function build(): Promise<Built> {
  for (const { folder, manifest } of publishedWorkspaces()) writePublished(folder, join(packages, manifest.name));
  const command = [process.execPath, join(packages, "fairlead", "dist", "cli", "main.js")];
  return { kind: "built", command, version: await fairleadVersion() };
}
