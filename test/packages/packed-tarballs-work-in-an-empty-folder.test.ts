import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startChild, waitForLog } from "../support/child.ts";
import { makeScratch } from "../support/scratch.ts";

// What a user of npm gets: the tarballs, installed in an empty folder, without anything of this repository around them.
const root = fileURLToPath(new URL("../..", import.meta.url));
const scratch = makeScratch("packed");
const tarballs = join(scratch.path, "tarballs");
const project = join(scratch.path, "project");
let areGreen = true;
/** A program of the project; it finds Node and what is installed there first. */
const env = { ...process.env, NODE_TEST_CONTEXT: undefined, npm_config_loglevel: "error" };

before(() => {
  mkdirSync(project);
  run(process.execPath, [join(root, "scripts", "pack.ts"), tarballs], root);
  const manifest = { name: "project", version: "1.0.0", type: "module", private: true };
  writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const compiler = ["typescript", "@types/node"].map((name) => `${name}@${devDependencies[name]}`);
  const packed = readdirSync(tarballs).map((file) => join(tarballs, file));
  run("npm", ["install", "--no-audit", "--no-fund", ...packed, ...compiler], project);
});
after(() => areGreen && scratch.remove());

/** A test whose failure keeps the folders. */
function check(name: string, body: () => void | Promise<void>): void {
  test(name, async () => {
    areGreen = false;
    await body();
    areGreen = true;
  });
}

check("the README's server runs as it is quoted, and serves the example of a client", async () => {
  const [, code] =
    /```ts\n(\/\/ A control plane in a program of your own[\s\S]*?)```/.exec(readText("README.md")) ?? [];
  assert.ok(code, "README.md quotes a server");
  assert.ok(code.split("\n").filter((line) => line !== "").length < 30, "in under 30 lines");
  writeFileSync(join(project, "server.ts"), code);
  copyFileSync(join(root, "examples", "library", "client.ts"), join(project, "client.ts"));
  const start = (name: string, ...args: readonly string[]) =>
    startChild(process.execPath, [join(project, `${name}.ts`), ...args], join(scratch.path, `${name}.log`));
  await using cleanup = new AsyncDisposableStack();
  const server = start("server", "0");
  cleanup.defer(() => server.stop());
  const target = await waitForLog(server, "the server to listen", (log) => /xDS on (\S+)/.exec(log)?.[1]);
  const client = start("client", target);
  cleanup.defer(() => client.stop());
  await waitForLog(
    client,
    "the client's cluster",
    (log) => /^backend \S{16} .*"portValue":8080/m.test(log) || undefined,
  );
});

const RESOLUTIONS = [
  { module: "node16", moduleResolution: "node16" },
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "esnext", moduleResolution: "bundler" },
];

for (const resolution of RESOLUTIONS) {
  check(
    `types resolve under moduleResolution ${resolution.moduleResolution}, strictly and without skipLibCheck`,
    () => {
      writeFileSync(
        join(project, "typed.ts"),
        `import { create } from "@bufbuild/protobuf";
import { loadSchema, resourceToJson, TYPE_URLS } from "@fairlead/envoy-api";
import { type Cluster, ClusterSchema } from "@fairlead/envoy-api/envoy/config/cluster/v3/cluster_pb";
import { createXdsServer, readResource, type Resource, SnapshotCache, type XdsServer } from "@fairlead/xds";
import { parsePlan, type Plan } from "@fairlead/bench";
import { HpackDecoder } from "@fairlead/h2";
import { startFairlead } from "fairlead";
export const plan: Plan = parsePlan("target: 127.0.0.1:1");
export { HpackDecoder };
const cluster: Cluster = create(ClusterSchema, { name: "a" });
const resource: Resource = readResource(loadSchema(), { "@type": TYPE_URLS.cluster, name: cluster.name });
export const server: Promise<XdsServer> = createXdsServer({ source: new SnapshotCache(), listen: { port: 0 } });
export const shown = resourceToJson(loadSchema(), resource.typeUrl, resource.value);
// @ts-expect-error a name is a string: what is exported is typed, not any
export const wrong: number = resource.name;
export { startFairlead };
`,
      );
      const compilerOptions = {
        ...resolution,
        strict: true,
        target: "ES2024",
        lib: ["ES2024", "ESNext"],
        noEmit: true,
      };
      const config = { compilerOptions: { ...compilerOptions, types: ["node"] }, files: ["typed.ts"] };
      writeFileSync(join(project, "tsconfig.json"), JSON.stringify(config));
      run(join(project, "node_modules", ".bin", "tsc"), ["-p", "tsconfig.json"], project);
    },
  );
}

check("the command of the installed package serves a folder and tells its version", async () => {
  const { version } = JSON.parse(readText("packages/control-plane/package.json"));
  const fairlead = join(project, "node_modules", ".bin", "fairlead");
  assert.equal(run(fairlead, ["--version"], project).trim(), version);
  const places = ["--xds", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--workers", "2"];
  const args = ["serve", join(root, "examples", "quickstart"), ...places];
  await using cleanup = new AsyncDisposableStack();
  const server = startChild(fairlead, args, join(scratch.path, "serve.log"), { cwd: project, env });
  cleanup.defer(() => server.stop());
  const admin = await waitForLog(server, "fairlead to serve", (log) => /"admin":"(http:[^"]+)"/.exec(log)?.[1]);
  await waitForLog(server, "its files to be loaded", (log) => /"msg":"ready"/.test(log) || undefined);
  const groups = run(fairlead, ["get", "groups", "--admin", admin], project);
  assert.match(groups, /^default\s/m);
  // The load tester, whose generators are processes of their own. Saturation has no schedule that a busy machine could miss.
  const xds = await waitForLog(server, "its xDS port", (log) => /"xds":"([^"]+)"/.exec(log)?.[1]);
  const load = ["--target", xds, "--admin", admin, "--scenario", "saturation", "--duration", "1s", "--streams", "5"];
  assert.match(
    run(fairlead, ["bench", "run", ...load, "--warmup", "0s", "--threshold", "reordered == 0"], project),
    /\nPASSED\n/,
  );
});

check("the installed package runs resource files in TypeScript", () => {
  const examples = join(scratch.path, "typescript");
  cpSync(join(root, "examples", "typescript"), examples, { recursive: true });
  assert.match(
    run(join(project, "node_modules", ".bin", "fairlead"), ["check", examples], project),
    /^all is well: 4 /,
  );
});

check("a tarball holds what runs, its types and its README, and nothing else", () => {
  const expected =
    /^package\/(package\.json|README\.md|dist\/.+\.(js|d\.ts)|gen\/.+(_pb\.js|_pb\.d\.ts|\.binpb|\.proto))$/;
  for (const tarball of readdirSync(tarballs)) {
    const entries = run("tar", ["-tzf", join(tarballs, tarball)], project)
      .trim()
      .split("\n");
    assert.deepEqual(
      entries.filter((entry) => !expected.test(entry)),
      [],
      tarball,
    );
    assert.ok(entries.includes("package/README.md"), `${tarball} has a README.md, which npm shows`);
    assert.ok(entries.includes("package/dist/index.js") && entries.includes("package/dist/index.d.ts"), tarball);
  }
});

check("a user of @fairlead/xds installs @bufbuild/protobuf from outside, and nothing else", () => {
  const outside = (name: string): string[] => {
    const path = join(project, "node_modules", name, "package.json");
    const names = Object.keys(JSON.parse(readFileSync(path, "utf8")).dependencies ?? {});
    return names.flatMap((it) => (it.startsWith("@fairlead/") ? outside(it) : [it]));
  };
  assert.deepEqual([...new Set(outside("@fairlead/xds"))], ["@bufbuild/protobuf"]);
});

function readText(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

function run(command: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(command, [...args], { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(" ")} in ${cwd}:\n${stdout}${stderr}`);
  }
}
