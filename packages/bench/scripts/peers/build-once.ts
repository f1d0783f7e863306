import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Built } from "./built.ts";

/** How one peer is built. */
export interface Recipe {
  /** Its folder in `.tools/peers`. */
  readonly name: string;
  /** The folder of its sources: all of its files but the Markdown decide whether it is built again. */
  readonly source: URL;
  /** Leaves the program in the folder `target`; throws with the reason when it can't. */
  readonly make: (source: string, target: string) => Promise<void>;
  /** How the program in the folder `target` is started. */
  readonly command: (target: string) => readonly string[];
}

/** Tools that a peer's build runs may fetch all that it depends on: bounded, since a registry can hang. */
const STEP_TIMEOUT_MS = 900_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

const peersDir = fileURLToPath(new URL("../../../../.tools/peers", import.meta.url));

/** Builds a peer into `.tools/peers`, unless these very sources were built there before. */
export async function buildOnce({ name, source, make, command }: Recipe): Promise<Built> {
  const sourceDir = fileURLToPath(source);
  const builds = join(peersDir, name);
  const digest = digestOf(sourceDir);
  const target = join(builds, digest);
  try {
    if (!existsSync(target)) {
      process.stderr.write(`fairlead: building the peer ${name} (first run only)\n`);
      await makeAt(target, builds, (scratch) => make(sourceDir, scratch));
    }
    const started = command(target);
    const version = (await run([...started, "--version"])).trim();
    return { kind: "built", command: started, version };
  } catch (error) {
    return { kind: "left-out", reason: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Runs a command to its end.
 *
 * @returns its standard output
 * @throws Error with its last words, or saying that there is no such command
 */
export async function run([command, ...args]: readonly string[], cwd?: string): Promise<string> {
  const options = { cwd, timeout: STEP_TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
  try {
    return (await promisify(execFile)(command!, args, options)).stdout;
  } catch (error) {
    const { code, stdout = "", stderr = "" } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (code === "ENOENT") throw new Error(`no ${command} on this machine`);
    // Maven tells its errors on stdout.
    const lastLines = (stderr.trim() || stdout.trim()).split("\n").slice(-3).join(" | ");
    throw new Error(`\`${[command, ...args].join(" ")}\` ended with ${code ?? "a signal"}: ${lastLines}`);
  }
}

/** Beside and then in its place at once, so that a build which is cut off is never taken for one. */
async function makeAt(target: string, builds: string, make: (scratch: string) => Promise<void>): Promise<void> {
  mkdirSync(builds, { recursive: true });
  const scratch = mkdtempSync(join(peersDir, ".building-"));
  try {
    await make(scratch);
    for (const old of readdirSync(builds)) rmSync(join(builds, old), { recursive: true, force: true });
    renameSync(scratch, target);
  } catch (error) {
    // Somebody else has built the same meanwhile.
    if (!existsSync(target)) throw error;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function digestOf(folder: string): string {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\0`);
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".md"))
    .map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort())
    hash
      .update(`${relative(folder, file)}\0`)
      .update(readFileSync(file))
      .update("\0");
  return hash.digest("hex").slice(0, 16);
}
