// Compiles Envoy's API from the .proto files inside the npm package @grpc/grpc-js-xds: gen/envoy.binpb (a descriptor
// set) and TypeScript for every message; and TypeScript for gRPC's own health and reflection services, from the packages
// that carry their .proto files. No network: buf is given one folder that holds all it needs.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const home = fileURLToPath(new URL("..", import.meta.url));

/** Folders of `deps/`, each an import root. */
const ROOTS = ["envoy-api", "xds", "googleapis", "protoc-gen-validate"];

/** What is compiled, with all that it imports: Envoy's v3 API and the xDS types beside it. */
const WANTED = [/^envoy\/.*\/v[34](alpha)?\//, /^envoy\/annotations\//, /^(xds|udpa)\//];

/** Left out: each imports files that the package lacks. */
const LEFT_OUT = [
  /^envoy\/service\/trace\//,
  /^envoy\/service\/metrics\/v3\/metrics_service\.proto$/,
  /^envoy\/extensions\/access_loggers\/open_telemetry\/v3\/logs_service\.proto$/,
  /^envoy\/config\/trace\/v3\/opencensus\.proto$/,
];

/** `ignore_empty` by rule message, with the numbers of protoc-gen-validate 0.6; the package's copy is older than its use. */
const IGNORE_EMPTY = new Map([
  ...["Float", "Double", "Int32", "Int64", "UInt32", "UInt64", "SInt32", "SInt64"].map((it) => [it, 8] as const),
  ...["Fixed32", "Fixed64", "SFixed32", "SFixed64"].map((it) => [it, 8] as const),
  ["String", 26],
  ["Bytes", 14],
  ["Repeated", 5],
  ["Map", 6],
]);

/** gRPC's own services: not Envoy's API, so they are not in its descriptor set. Where they are in npm, by where they belong. */
const GRPC_FILES: Readonly<Record<string, string>> = {
  "grpc/health/v1/health.proto": join(packageOf("grpc-health-check"), "proto/health/v1/health.proto"),
  "grpc/reflection/v1/reflection.proto": reflectionProto("v1"),
  "grpc/reflection/v1alpha/reflection.proto": reflectionProto("v1alpha"),
};

/** Edits to files of the package, by path. */
const EDITS: Readonly<Record<string, (source: string) => string>> = {
  "envoy/config/trace/v3/trace.proto": (source) =>
    replaced(source, 'import public "envoy/config/trace/v3/opencensus.proto";', ""),
  "validate/validate.proto": (source) => {
    if (source.includes("ignore_empty")) return source;
    return [...IGNORE_EMPTY].reduce(
      (text, [kind, number]) =>
        replaced(text, `message ${kind}Rules {`, `message ${kind}Rules {\n    optional bool ignore_empty = ${number};`),
      source,
    );
  },
};

const deps = join(packageOf("@grpc/grpc-js-xds"), "deps");
const scratch = makeScratch();
try {
  const protos = join(scratch, "proto");
  const out = join(scratch, "gen");
  mkdirSync(out);
  stage(protos);
  configure(protos, out);
  buf(["build", "-o", join(out, "envoy.binpb"), "--exclude-source-info", "--exclude-path", "grpc"], protos);
  buf(["generate"], protos);
  const gen = join(home, "gen");
  rmSync(gen, { recursive: true, force: true });
  renameSync(out, gen);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** Beside the result, so that the last step is one rename: a `gen/` that exists is whole. */
function makeScratch(): string {
  const parent = join(home, "node_modules");
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, ".generate-"));
}

/** Copies the wanted files and all they import into one import root. */
function stage(target: string): void {
  const pending = ROOTS.flatMap((root) => protosOf(join(deps, root))).filter(
    (path) => WANTED.some((it) => it.test(path)) && !LEFT_OUT.some((it) => it.test(path)),
  );
  const seen = new Set(pending);
  for (const path of pending) {
    const source = read(path);
    if (source === undefined)
      throw new Error(`${path} is imported but @grpc/grpc-js-xds has no such file: leave out who imports it`);
    const text = EDITS[path]?.(source) ?? source;
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), text);
    for (const [, imported] of text.matchAll(/^import\s+(?:public\s+|weak\s+)?"([^"]+)"/gm)) {
      if (imported === undefined || imported.startsWith("google/protobuf/") || seen.has(imported)) continue;
      seen.add(imported);
      pending.push(imported);
    }
  }
  for (const [path, file] of Object.entries(GRPC_FILES)) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    copyFileSync(file, join(target, path));
  }
}

function packageOf(name: string): string {
  return dirname(require.resolve(`${name}/package.json`));
}

function reflectionProto(version: string): string {
  return join(packageOf("@grpc/reflection"), `build/proto/grpc/reflection/${version}/reflection.proto`);
}

function protosOf(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".proto"));
}

function read(path: string): string | undefined {
  const root = ROOTS.find((it) => existsSync(join(deps, it, path)));
  return root === undefined ? undefined : readFileSync(join(deps, root, path), "utf8");
}

function replaced(source: string, before: string, after: string): string {
  if (!source.includes(before))
    throw new Error(`@grpc/grpc-js-xds changed: ${JSON.stringify(before)} is gone, mend scripts/generate.ts`);
  return source.replace(before, after);
}

function configure(protos: string, out: string): void {
  const plugin = join(packageOf("@bufbuild/protoc-gen-es"), "bin/protoc-gen-es");
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

function buf(args: readonly string[], cwd: string): void {
  const shim = join(packageOf("@bufbuild/buf"), "bin/buf");
  const env = { ...process.env, BUF_CACHE_DIR: join(scratch, "cache") };
  const { status, error } = spawnSync(process.execPath, [shim, ...args], { cwd, env, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error(`buf ${args[0]} failed${error ? `: ${error.message}` : ""}`);
}
