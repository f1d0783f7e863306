import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  assignment,
  edsCluster,
  httpListener,
  type Resource,
  routeConfiguration,
  staticCluster,
} from "../support/resources.ts";
import { makeScratch } from "../support/scratch.ts";
import { requireTool } from "../support/tools.ts";
import { waitFor } from "../support/wait-for.ts";

const MAIN = fileURLToPath(new URL("../../packages/control-plane/src/cli/main.ts", import.meta.url));

interface Fault {
  readonly rule: string;
  readonly name?: string;
  readonly line: number;
  readonly file: string;
  readonly message: string;
}

/** Two hosts for all domains: no rule forbids it, and Envoy refuses it. */
function ambiguous(name: string): Resource {
  const routes = routeConfiguration(name, { "/": "good" });
  const [host] = routes.virtual_hosts as [object];
  return { ...routes, virtual_hosts: [host, { ...host, name: "twin" }] };
}

test("check asks a real Envoy about every group, and names each resource that it refuses, with its place", async (t) => {
  const tool = requireTool("envoy");
  if ("skip" in tool) return t.skip(tool.skip);
  const scratch = makeScratch("check");
  const root = join(scratch.path, "xds");
  const write = (group: string, resources: readonly Resource[]) => {
    mkdirSync(join(root, group), { recursive: true });
    const lines = resources.map((resource) => `- ${JSON.stringify(resource)}`);
    writeFileSync(join(root, group, "all.yaml"), `resources:\n${lines.join("\n")}\n`);
  };
  const check = (...args: readonly string[]) => {
    const all = ["check", root, "--format", "json", ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...all], {
      encoding: "utf8",
      env: { ...process.env, TMPDIR: scratch.path },
    });
    return { status, stderr, faults: stdout === "" ? [] : (JSON.parse(stdout) as { faults: Fault[] }).faults };
  };

  // Its port is taken: Envoy does not listen when it is only asked.
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  const mode = "ads-sotw";
  const perType = edsCluster("per-type-sotw", "per-type"); // asks through a cluster of the proxy's own bootstrap
  const good = [
    staticCluster("good", 1),
    edsCluster(mode, "eds"),
    perType,
    assignment("eds", [2]),
    assignment("per-type", [2]),
    routeConfiguration("routes", { "/": "good", "/eds": "eds", "/gone": "gone" }),
    httpListener(mode, { name: "listener", port, routes: { rds: "routes" } }),
  ];
  write("well", good);
  const well = check("--envoy", tool.path);
  assert.deepEqual([well.status, well.stderr, well.faults.map(({ rule }) => rule)], [0, "", ["reference.cluster"]]);

  write("faulty", [
    good[0]!,
    staticCluster("provided", 1, { lb_policy: "CLUSTER_PROVIDED" }),
    assignment("named", [1]),
    ambiguous("ambiguous"),
    ...good.slice(1),
    httpListener(mode, { name: "inline", port: 1, routes: { inline: ambiguous("inside") } }),
  ]);
  assert.deepEqual(check().status, 0); // nothing that the rules tell
  const { status, faults } = check("--envoy", tool.path);
  assert.equal(status, 1);
  const refused = faults.filter(({ rule }) => rule === "envoy.refused");
  assert.deepEqual(
    refused.map(({ file, line, name }) => [file.endsWith("faulty/all.yaml"), line, name]),
    [
      [true, 3, "provided"],
      [true, 5, "ambiguous"],
      [true, 12, "inline"],
    ],
  );
  assert.match(refused[0]!.message, /^Envoy refuses it: .*cluster provided LB specified/i);
  assert.match(refused[1]!.message, /Only a single wildcard domain is permitted/);
  assert.ok(refused.every(({ message }) => message.length < 700 && !message.includes("bootstrap.json")));

  const noProgram = check("--envoy", join(root, "well/all.yaml"));
  assert.equal(noProgram.status, 2);
  assert.match(noProgram.stderr, /--envoy: .*all\.yaml cannot be run/);
  assert.deepEqual(readdirSync(scratch.path), ["xds"]); // its scratch is gone
  server.close();
  scratch.remove();
});

test("a check that a signal ends leaves no folder behind, and ends by that signal", async (t) => {
  const tool = requireTool("envoy");
  if ("skip" in tool) return t.skip(tool.skip);
  const scratch = makeScratch("check-signal");
  // Each group is a run of Envoy: far more than there is time for.
  for (let group = 0; group < 200; group++) {
    const folder = join(scratch.path, "xds", `group-${group}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "all.yaml"), `resources:\n- ${JSON.stringify(staticCluster("good", 1))}\n`);
  }
  const args = [MAIN, "check", join(scratch.path, "xds"), "--envoy", tool.path];
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const child = spawn(process.execPath, args, { env: { ...process.env, TMPDIR: scratch.path }, stdio: "ignore" });
    const ended = once(child, "exit");
    await waitFor(
      "Envoy to be asked",
      () => child.exitCode !== null || globSync("fairlead-check-*/bootstrap.json", { cwd: scratch.path }).length > 0,
    );
    child.kill(signal);
    assert.deepEqual(await ended, [null, signal]);
    assert.deepEqual(readdirSync(scratch.path), ["xds"]);
  }
  scratch.remove();
});
