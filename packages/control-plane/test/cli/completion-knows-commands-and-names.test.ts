import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { completeWords } from "../../src/cli/complete-words.ts";
import { createProgram } from "../../src/cli/program.ts";
import { runFairlead } from "../support/cli.ts";
import { start } from "../support/fairlead.ts";
import { cluster } from "../support/resources.ts";
import { until } from "../support/until.ts";

const BIN = fileURLToPath(new URL("../../../../node_modules/.bin", import.meta.url));
const PATH = [BIN, dirname(process.execPath), process.env.PATH].join(delimiter);

/** Runs a shell on a script; without that shell, the reason. */
function runShell(shell: string, args: readonly string[], env: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(shell, args, { env: { ...process.env, ...env, PATH } }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stderr}`));
      else resolve(stdout);
    });
  });
}

/** A control plane with a group and a proxy in it, and a directory with files. */
async function prepare(t: TestContext) {
  const running = await start(t, { config: { groups: [{ group: "edge" }] } });
  await running.put("edge", [cluster("web"), cluster("www")]);
  running.proxy("node-1");
  running.proxy("node:2");
  running.proxy("evil$(id)");
  await until("they are connected", async () => (await running.request("GET", "/v1/nodes")).body.nodes.length === 3);
  const dir = mkdtempSync(join(tmpdir(), "fairlead-completion-"));
  t.after(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, "xds.yaml"), "");
  return { dir, env: { FAIRLEAD_ADMIN: running.fairlead.adminUrl } };
}

test("where a word stands says what it may be", async () => {
  const program = createProgram();
  const names: Record<string, string[]> = { node: ["node-1", "node:2"], group: ["edge"], type: ["cds", "eds"] };
  const lookUp = async (kind: string) => (names[kind] ?? [kind]).map((word) => ({ word, about: "" }));
  const cases: [line: string, expected: string][] = [
    ["ge", "get"],
    ["get no", "nodes"],
    ["get instances ", "service"],
    ["get nodes --w", "--why"],
    ["get nodes --why --why", ""],
    ["get nodes ", "node-1 node:2"],
    ["get nodes node-1 ", ""],
    ["get nodes --group ", "edge"],
    ["get nodes --group=e", "--group=edge"],
    ["get nodes -g edge node:", "node:2"],
    ["get nodes -- --", ""],
    ["get nodes -o ", "table wide json yaml"],
    ["get resources -t c", "cds"],
    ["get resources --name ", "resource"],
    ["bench run --scenario s", "steady soak saturation search"],
    ["bench r", "run report registry"],
    ["get revisions ", "revision"],
    ["prof", "profile"],
    ["profile --f", "--flamegraph"],
    ["watch --type cds eds --nod", "--node"],
    ["watch --type cds ", "cds eds"],
    ["watch --node ", "node-1 node:2"],
    ["completion ", "bash zsh fish"],
    ["apply ", ":files"],
    ["apply a.yaml ", ":files"],
    ["serve --config ", ":files"],
    ["serve ", ":directories"],
    ["serve dir ", ""],
    ["nonsense ", ""],
  ];
  for (const [line, expected] of cases) {
    const { candidates, paths } = await completeWords(program, line.split(" "), lookUp);
    const found = [...candidates.map(({ word }) => word), ...(paths ? [`:${paths}`] : [])].join(" ");
    assert.equal(found, expected, line);
  }
});

test("bash completes commands, options, values, files, and names that the control plane knows", async (t) => {
  const { dir, env } = await prepare(t);
  const cases: [line: string, expected: string][] = [
    ["fairlead get no", "nodes"],
    ["fairlead get nodes node:", "2"],
    ["fairlead get nodes evil", "evil\\$\\(id\\)"],
    ["fairlead get nodes --group=e", "edge"],
    ["fairlead get resources -g edge -n w", "web www"],
    [`fairlead apply ${dir}/x`, `${dir}/xds.yaml`],
    [`fairlead serve ${dir}/x`, ""],
  ];
  const script = join(dir, "try.sh");
  const { stdout } = await runFairlead(t, ["completion", "bash"]);
  const tries = cases.map(([line]) => `try ${JSON.stringify(line)}`);
  const attempt =
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
    'try() { COMP_LINE=$1; COMP_POINT=${#1}; COMPREPLY=(); _fairlead; printf "%s\\n" "${COMPREPLY[*]}"; }';
  writeFileSync(script, [stdout, attempt, ...tries].join("\n"));
  const lines = (await runShell("bash", ["--norc", script], env)).split("\n");
  assert.deepEqual(
    cases.map(([line], index) => [line, lines[index]]),
    cases,
  );
  const registered = await runShell(
    "bash",
    ["--norc", "-c", `source ${script} > /dev/null; complete -p fairlead`],
    env,
  );
  assert.match(registered, /-F _fairlead fairlead/);
});

test("without a control plane there are no names, and no errors", async (t) => {
  const { code, stdout, stderr } = await runFairlead(t, ["__complete", "--", "get", "nodes", ""], {
    FAIRLEAD_ADMIN: "http://127.0.0.1:1",
  });
  assert.deepEqual([code, stdout, stderr], [0, ":\n", ""]);
});

test("fish completes", async (t) => {
  const shell = shellOf("fish");
  if ("skip" in shell) return t.skip(shell.skip);
  const { dir, env } = await prepare(t);
  const { stdout } = await runFairlead(t, ["completion", "fish"]);
  writeFileSync(join(dir, "f.fish"), stdout);
  const run = (line: string) =>
    runShell(shell.path, ["-c", `source ${join(dir, "f.fish")}; complete -C ${JSON.stringify(line)}`], env);
  assert.match(await run("fairlead get no"), /^nodes\tconnected proxies/);
  assert.match(await run("fairlead get nodes "), /node-1\tedge\nnode:2\tedge/);
});

test("zsh takes the script", async (t) => {
  const shell = shellOf("zsh");
  if ("skip" in shell) return t.skip(shell.skip);
  const { dir } = await prepare(t);
  const { stdout } = await runFairlead(t, ["completion", "zsh"]);
  writeFileSync(join(dir, "f.zsh"), stdout);
  const text = `autoload -Uz compinit; compinit -u -D; source ${join(dir, "f.zsh")}; print $_comps[fairlead]`;
  assert.equal((await runShell(shell.path, ["-f", "-c", text], {})).trim(), "_fairlead");
});

/** A shell of this machine's, or why a test that needs it is skipped: no test run brings shells along. */
function shellOf(name: string): { readonly path: string } | { readonly skip: string } {
  const path = PATH.split(delimiter)
    .map((dir) => join(dir, name))
    .find(existsSync);
  return path ? { path } : { skip: `there is no ${name} on this machine` };
}
