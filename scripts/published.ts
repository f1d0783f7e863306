import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What a package.json says. */
export type Manifest = { readonly [key: string]: Json } & { readonly name: string; readonly version: string };

const root = fileURLToPath(new URL("..", import.meta.url));

/** The workspaces that are published: their folders, relative to the repository, and manifests. */
export function publishedWorkspaces(): readonly { readonly folder: string; readonly manifest: Manifest }[] {
  const folders = (readManifest(root).workspaces ?? []) as readonly string[];
  return folders
    .map((folder) => ({ folder, manifest: readManifest(join(root, folder)) }))
    .filter(({ manifest }) => !manifest.private);
}

/**
 * Writes a workspace as it is published: src/ compiled into dist/, and package.json's `exports` and `bin` follow.
 *
 * @param to a folder within the repository, so that the compiler finds what the sources import; it is written anew
 */
export function writePublished(folder: string, to: string): void {
  const from = join(root, folder);
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  compile(join(from, "src"), join(to, "dist"), join(to, "tsconfig.json"));
  for (const extra of ["README.md", "gen"]) {
    if (existsSync(join(from, extra))) cpSync(join(from, extra), join(to, extra), { recursive: true });
  }
  writeFileSync(join(to, "package.json"), `${JSON.stringify(published(readManifest(from)), null, 2)}\n`);
}

function compile(from: string, to: string, project: string): void {
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    rewriteRelativeImportExtensions: true,
    rootDir: from,
    outDir: to,
  };
  const config = { extends: join(root, "tsconfig.json"), compilerOptions, include: [join(from, "**/*.ts")] };
  writeFileSync(project, JSON.stringify(config));
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [tsc, "-p", project], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  rmSync(project);
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
