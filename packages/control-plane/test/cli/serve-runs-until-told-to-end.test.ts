import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { openRawStream } from "@fairlead/xds";
import { fairlead, runFairlead } from "../support/cli.ts";
import { cluster, fileOf } from "../support/resources.ts";
import { until } from "../support/until.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

const FREE = ["--xds", "127.0.0.1:0", "--admin", "127.0.0.1:0"];

/** A fresh directory with these files. */
function directory(t: TestContext, files: Readonly<Record<string, string>>): string {
  const dir = mkdtempSync(join(tmpdir(), "fairlead-cli-"));
  t.after(() => rmSync(dir, { recursive: true }));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(dir, file), text);
  return dir;
}

/** Serves one cluster on free ports, and waits until it is ready. */
async function serve(t: TestContext, ...args: readonly string[]) {
  const dir = directory(t, { "a.yaml": fileOf(cluster("a")) });
  const command = fairlead(t, ["serve", dir, ...FREE, ...args]);
  await command.prints(/"msg":"ready"/);
  const first = JSON.parse(command.output.stdout.split("\n", 1)[0]!) as { msg: string; xds: string; admin: string };
  return { command, ...first };
}

function openStream(t: TestContext, target: string) {
  const stream = openRawStream({ target, mode: "sotw", node: { id: "n" } });
  t.after(() => stream.close());
  stream.subscribe(TYPE_URLS.cluster);
  return stream;
}

test("it serves without configuration; the first line of its log says where", async (t) => {
  const command = fairlead(t, ["serve", ...FREE]);
  await command.prints(/"msg":"ready"/);
  const { msg, xds, admin } = JSON.parse(command.output.stdout.split("\n", 1)[0]!);
  assert.equal(msg, "listening");
  assert.match(xds, /^127\.0\.0\.1:[1-9]\d*$/);
  assert.equal((await fetch(`${admin}/readyz`)).status, 200);
  const { xds: told } = (await (await fetch(`${admin}/v1/server`)).json()) as { xds: { host: string; port: number } };
  assert.equal(`${told.host}:${told.port}`, xds);
  command.process.kill("SIGTERM");
  assert.equal(await command.ended, 0);
  assert.equal(command.output.stderr, "");
});

test("told to end, it lets streams end within its time, then ends with 0", async (t) => {
  const { command, xds } = await serve(t);
  const stream = openStream(t, xds);
  const response = await stream.next();
  assert.equal(response.resources[0]?.name, "a", "the directory is served");
  stream.ack(response);
  command.process.kill("SIGINT");
  await command.prints(/"msg":"draining/);
  assert.equal(command.process.exitCode, null, "it waits for the stream");
  await stream.close();
  assert.equal(await command.ended, 0);
});

test("a stream that does not end is ended when the time is over", async (t) => {
  const config = join(directory(t, { "fairlead.yaml": "drainMs: 50\n" }), "fairlead.yaml");
  const { command, xds } = await serve(t, "--config", config);
  const stream = openStream(t, xds);
  await stream.next();
  command.process.kill("SIGTERM");
  assert.equal(await command.ended, 0);
  await stream.ended;
});

test("a second signal ends it at once", async (t) => {
  const { command, xds } = await serve(t);
  await openStream(t, xds).next();
  command.process.kill("SIGTERM");
  await command.prints(/"msg":"draining/);
  // Under npm one Ctrl-C comes twice in a moment, which is not meant so: it is asked again until it hears.
  const again = setInterval(() => command.process.kill("SIGTERM"), 50);
  t.after(() => clearInterval(again));
  assert.equal(await command.ended, 1);
});

test("a taken address is named, with what mends it, and 1", async (t) => {
  const { admin, xds } = await serve(t);
  const port = new URL(admin).host;
  const second = await runFairlead(t, ["serve", "--xds", "127.0.0.1:0", "--admin", port]);
  assert.equal(second.code, 1);
  assert.match(second.stderr, new RegExp(`admin API's address ${port} is in use.*--admin HOST:PORT`));
  assert.equal(second.stdout, "", "it touched nothing");
  const third = await runFairlead(t, ["serve", "--admin", "127.0.0.1:0", "--xds", xds]);
  assert.equal(third.code, 1);
  assert.match(third.stderr, new RegExp(`xDS server's address ${xds} is in use.*--xds HOST:PORT`));
});

test("other machines are not served in plaintext unless that is asked for", async (t) => {
  const refused = await runFairlead(t, ["serve", "--xds", "0.0.0.0:0"]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /--insecure/);
});

test("the npx that started it being killed ends it too: npm tells only a shell in between", async () => {
  // As npm does it, whose own signals reach the shell alone.
  const run = `${process.execPath} ${MAIN} serve ${FREE.join(" ")} --no-data-dir; true`;
  const env = { ...process.env, npm_command: "exec" };
  const shell = spawn("sh", ["-c", run], { env, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  shell.stdout.on("data", (chunk) => {
    output += chunk;
  });
  await until("it is ready", () => output.includes('"msg":"ready"'));
  shell.kill("SIGTERM");
  await until("it has drained", () => output.includes('"msg":"ended"'));
  assert.match(output, /"signal":"npm is gone"/);
});
