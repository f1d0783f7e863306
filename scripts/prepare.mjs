// Makes a fresh clone ready: dependencies, and what is generated from .proto files. Does nothing when both are current.
// Plain JavaScript, since the system's Node may be older than the one in node_modules that runs everything else.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const stamp = `${root}node_modules/.fairlead-prepared`;
const generating = ["envoy-api", "control-plane"].map((name) => `packages/${name}`);
const inputs = [
  ...["package-lock.json", "scripts/compile-protos.ts"],
  ...generating.flatMap((folder) => [`${folder}/package.json`, `${folder}/scripts/generate.ts`]),
  ...protosIn("packages/control-plane/proto"),
];

const hash = createHash("sha256");
for (const input of inputs) hash.update(readFileSync(root + input));
const wanted = hash.digest("hex");
const prepared = existsSync(stamp) ? readFileSync(stamp, "utf8").split("\n") : [];

if (prepared[0] !== wanted || !generating.every((folder) => existsSync(`${root}${folder}/gen`))) {
  say("installing dependencies: a minute or two, if npm's registry can be reached");
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  say("generating Envoy's API, the registry's and etcd's");
  run("npm", ["run", "--silent", "build:api"]);
  mkdirSync(`${root}node_modules`, { recursive: true });
  writeFileSync(stamp, `${wanted}\n`);
}

function protosIn(folder) {
  const names = readdirSync(root + folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".proto")).map((name) => `${folder}/${name}`);
}

function say(what) {
  process.stderr.write(`fairlead: ${what} (first run only)\n`);
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (status === 0) return;
  process.stderr.write(`fairlead: \`${command} ${args.join(" ")}\` failed${error ? `: ${error.message}` : ""}\n`);
  process.exit(1);
}
