import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startChild, waitForLog } from "../support/child.ts";
import { makeScratch } from "../support/scratch.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const example = (name: string) => join(root, "examples", "library", name);

test("the library's example serves a cluster, which the example of a client shows", async () => {
  const scratch = makeScratch("library");
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => scratch.remove());
  const server = startChild(process.execPath, [example("server.ts"), "0"], join(scratch.path, "server.log"));
  cleanup.defer(() => server.stop());
  const target = await waitForLog(server, "the server to listen", (log) => /xDS on (\S+)/.exec(log)?.[1]);
  const client = startChild(process.execPath, [example("client.ts"), target], join(scratch.path, "client.log"));
  cleanup.defer(() => client.stop());
  const isShown = (log: string) => /^backend \S{16} .*"portValue":8080/m.test(log) || undefined;
  await waitForLog(client, "the client to show the cluster", isShown);
});

test("the README quotes the library's example as it is", () => {
  const code = readFileSync(example("server.ts"), "utf8");
  assert.ok(readFileSync(join(root, "README.md"), "utf8").includes(`\`\`\`ts\n${code}\`\`\``));
});
