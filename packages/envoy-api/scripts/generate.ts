// Compiles Envoy's API from the .proto files inside the npm package @grpc/grpc-js-xds: gen/envoy.binpb (a descriptor
// set) and TypeScript for every message; and TypeScript for gRPC's own health and reflection services, from the packages
// that carry their .proto files.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { generate, packageOf, replaced } from "../../../scripts/compile-protos.ts";

const home = fileURLToPath(new URL("..", import.meta.url));

/** The npm package that carries Envoy's .proto files. */
const PACKAGE = "@grpc/grpc-js-xds";

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
  "grpc/health/v1/health.proto": join(packageOf("grpc-health-check", home), "proto/health/v1/health.proto"),
  "grpc/reflection/v1/reflection.proto": reflectionProto("v1"),
  "grpc/reflection/v1alpha/reflection.proto": reflectionProto("v1alpha"),
};

/** Edits to files of the package, by path. */
const EDITS: Readonly<Record<string, (source: string) => string>> = {
  "envoy/config/trace/v3/trace.proto": (source) =>
    replaced(source, 'import public "envoy/config/trace/v3/opencensus.proto";', "", PACKAGE),
  "validate/validate.proto": (source) => {
    if (source.includes("ignore_empty")) return source;
    return [...IGNORE_EMPTY].reduce(
      (text, [kind, number]) =>
        replaced(
          text,
          `message ${kind}Rules {`,
          `message ${kind}Rules {\n    optional bool ignore_empty = ${number};`,
          PACKAGE,
        ),
      source,
    );
  },
};

const deps = join(packageOf(PACKAGE, home), "deps");
generate(home, ({ protos, out, buf }) => {
  stage(protos);
  buf(["build", "-o", join(out, "envoy.binpb"), "--exclude-source-info", "--exclude-path", "grpc"]);
  buf(["generate"]);
});

/** Copies the wanted files and all they import into one import root. */
function stage(target: string): void {
  const pending = ROOTS.flatMap((root) => protosOf(join(deps, root))).filter(
    (path) => WANTED.some((it) => it.test(path)) && !LEFT_OUT.some((it) => it.test(path)),
  );
  const seen = new Set(pending);
  for (const path of pending) {
    const source = read(path);
    if (source === undefined)
      throw new Error(`${path} is imported but ${PACKAGE} has no such file: leave out who imports it`);
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

function reflectionProto(version: string): string {
  return join(packageOf("@grpc/reflection", home), `build/proto/grpc/reflection/${version}/reflection.proto`);
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
