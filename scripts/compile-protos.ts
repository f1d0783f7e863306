// Compiles .proto files to TypeScript with buf, without network: buf is given one folder that holds all it needs.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** What {@link generate} has made ready. */
export interface Workplace {
  /** The import root: holds every .proto file, once they have been put there. */
  readonly protos: string;
  /** Becomes `gen/` when all has worked. */
  readonly out: string;
  /** Runs buf in the import root. @throws if it fails; it has printed why */
  buf(args: readonly string[]): void;
}

/** Makes `gen/` of a package anew, whole or not at all: `work` puts .proto files into place and runs buf. */
export function generate(home: string, work: (place: Workplace) => void): void {
  const scratch = makeScratch(home);
  try {
    const protos = join(scratch, "proto");
    const out = join(scratch, "gen");
    mkdirSync(protos);
    mkdirSync(out);
    configure(protos, out, home);
    work({ protos, out, buf: (args) => buf(args, protos, home) });
    const gen = join(home, "gen");
    rmSync(gen, { recursive: true, force: true });
    renameSync(out, gen);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The folder of an npm package that a package of ours, whose folder is `home`, depends on. */
export function packageOf(name: string, home: string): string {
  return dirname(createRequire(join(home, "package.json")).resolve(`${name}/package.json`));
}

/** A text with a part replaced, which must be there: else the package that it is from has changed. */
export function replaced(source: string, before: string | RegExp, after: string, from: string): string {
  const text = source.replace(before, after);
  if (text === source) throw new Error(`${from} changed: ${before} is gone, mend who generates from it`);
  return text;
}

/** Beside the result, so that the last step is one rename: a `gen/` that exists is whole. */
function makeScratch(home: string): string {
  const parent = join(home, "node_modules");
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, ".generate-"));
}

function configure(protos: string, out: string, home: string): void {
  const plugin = join(packageOf("@bufbuild/protoc-gen-es", home), "bin/protoc-gen-es");
  writeFileSync(join(protos, "buf.yaml"), JSON.stringify({ version: "v2" }));
  writeFileSync(
    join(protos, "buf.gen.yaml"),
    JSON.stringify({
      version: "v2",
      // strategy "all": one run of the plugin takes 2 s, one per folder takes 48 s
      plugins: [
        { local: [process.execPath, plugin], out, strategy: "all", opt: ["target=js+dts", "import_extension=js"] },
      ],
    }),
  );
}

function buf(args: readonly string[], cwd: string, home: string): void {
  const shim = join(packageOf("@bufbuild/buf", home), "bin/buf");
  const env = { ...process.env, BUF_CACHE_DIR: join(cwd, "..", "cache") };
  const { status, error } = spawnSync(process.execPath, [shim, ...args], { cwd, env, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error(`buf ${args[0]} failed${error ? `: ${error.message}` : ""}`);
}
