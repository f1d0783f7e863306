import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Json } from "./json.ts";

/** What Envoy says of a bootstrap: `undefined` if it takes it, else its error. */
export type EnvoyVerdict = string | undefined;

/** Asks a real Envoy (`--mode validate`, about 40 ms each) about bootstraps, `parallel` at a time. */
export async function askEnvoy(
  envoy: string,
  bootstraps: readonly Json[],
  parallel: number,
): Promise<readonly EnvoyVerdict[]> {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-compare-"));
  const verdicts: EnvoyVerdict[] = new Array(bootstraps.length);
  let next = 0;
  const work = async () => {
    for (let index = next++; index < bootstraps.length; index = next++) {
      const file = join(folder, `${index}.json`);
      await writeFile(file, JSON.stringify(bootstraps[index]));
      verdicts[index] = await validate(envoy, file);
    }
  };
  try {
    await Promise.all(Array.from({ length: parallel }, work));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return verdicts;
}

function validate(envoy: string, file: string): Promise<EnvoyVerdict> {
  const args = [
    "--mode",
    "validate",
    "-c",
    file,
    "--log-level",
    "critical",
    "--concurrency",
    "1",
    "--disable-hot-restart",
  ];
  return new Promise((resolve, reject) => {
    // Envoy opens the files that a configuration names: in the folder that goes afterwards.
    const child = spawn(envoy, args, { cwd: dirname(file), stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve(code === 0 ? undefined : reasonIn(said)));
  });
}

/** The end of Envoy's message: before it comes the whole configuration as text. */
function reasonIn(said: string): string {
  const line = said.slice(said.indexOf("error initializing configuration"));
  const proto = line.indexOf("Proto constraint validation failed");
  if (proto >= 0) return line.slice(proto).trim();
  return line.replace(/^error initializing configuration '[^']*': /, "").trim() || said.trim() || "no reason given";
}
