// Makes the packages as they are published, as tarballs: `npm run pack [-- DIR]`, by default into dist/.
// Workspaces run from TypeScript; Node does not strip types below node_modules, so what is published is compiled here, in a
// folder of its own: src/ becomes dist/, and package.json's `exports` and `bin` follow.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type Manifest = { readonly [key: string]: Json } & { readonly name: string; readonly version: string };

const root = fileURLToPath(new URL("..", import.meta.url));
const target = resolve(process.argv[2] ?? join(root, "dist"));
mkdirSync(target, { recursive: true });
// Within the repository, so that the compiler finds what the sources import.
mkdirSync(join(root, "dist"), { recursive: true });
const stage = mkdtempSync(join(root, "dist", "stage-"));
try {
  for (const folder of (readManifest(root).workspaces ?? []) as readonly string[]) pack(folder);
} finally {
  rmSync(stage, { recursive: true, force: true });
}

function pack(folder: string): void {
  const from = join(root, folder);
  const manifest = readManifest(from);
  if (manifest.private) return;
  const to = join(stage, folder);
  compile(join(from, "src"), join(to, "dist"));
  for (const extra of ["README.md", "gen"]) {
    if (existsSync(join(from, extra))) cpSync(join(from, extra), join(to, extra), { recursive: true });
  }
  writeFileSync(join(to, "package.json"), `${JSON.stringify(published(manifest), null, 2)}\n`);
  const printed = run("npm", ["pack", "--json", "--loglevel=error", "--pack-destination", target, to]);
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

function compile(from: string, to: string): void {
  const project = join(stage, "tsconfig.json");
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    rewriteRelativeImportExtensions: true,
    rootDir: from,
    outDir: to,
  };
  const config = { extends: join(root, "tsconfig.json"), compilerOptions, include: [join(from, "**/*.ts")] };
  writeFileSync(project, JSON.stringify(config));
  run(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", project]);
}

/** What a user needs of a package.json, with `./src/x.ts` as `./dist/x.js`. */
function published({ devDependencies: _, scripts: __, ...manifest }: Manifest): Manifest {
  const { exports = {}, bin, ...rest } = manifest;
  return {
    ...rest,
    ...(bin === undefined ? {} : { bin: compiled(bin) }),
    exports: conditional(exports),
    files: ["dist", "gen"],
    engines: { node: ">=24" },
  };
}

function conditional(exports: Json): Json {
  if (typeof exports === "string") {
    if (!exports.startsWith("./src/")) return exports;
    return { types: exports.replace("./src/", "./dist/").replace(/\.ts$/, ".d.ts"), default: compiled(exports) };
  }
  if (exports === null || typeof exports !== "object" || Array.isArray(exports)) return exports;
  return Object.fromEntries(Object.entries(exports).map(([key, value]) => [key, conditional(value)]));
}

function compiled(json: Json): Json {
  if (typeof json === "string") return json.replace("./src/", "./dist/").replace(/\.ts$/, ".js");
  if (json === null || typeof json !== "object" || Array.isArray(json)) return json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, compiled(value)]));
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

function run(command: string, args: readonly string[]): string {
  return execFileSync(command, [...args], { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}
