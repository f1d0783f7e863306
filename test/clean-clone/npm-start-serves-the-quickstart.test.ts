import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startChild, tail } from "../support/child.ts";
import { asNewcomer } from "../support/newcomer.ts";
import { makeScratch } from "../support/scratch.ts";
import { waitFor } from "../support/wait-for.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

// What a newcomer does, with the machine's own Node and npm: what is committed must be enough.
test("npm start in a clean clone serves the quickstart, and an edit shows in `fairlead watch`", async (t) => {
  const scratch = makeScratch("clone");
  const clone = join(scratch.path, "fairlead");
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => scratch.remove());
  execFileSync("git", ["clone", "--quiet", "--no-hardlinks", ROOT, clone], { stdio: ["ignore", "ignore", "inherit"] });
  const env = asNewcomer();

  const startedAt = performance.now();
  const addresses = ["--xds", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
  const inClone = { cwd: clone, env };
  const server = startChild("npm", ["start", "--", ...addresses], join(scratch.path, "start.log"), inClone);
  cleanup.defer(() => server.stop());
  const adminUrl = await waitFor(
    () => `npm start to serve; its log:\n${tail(server.logPath)}`,
    () => {
      assert.equal(server.process.exitCode, null, tail(server.logPath));
      return /"admin":"(http:[^"]+)"/.exec(readFileSync(server.logPath, "utf8"))?.[1];
    },
    { timeoutMs: 240_000, intervalMs: 250 },
  );
  const servedAfter = performance.now() - startedAt;

  const watchArguments = ["fairlead", "watch", "--node", "demo", "--admin", adminUrl];
  const watch = startChild("npx", watchArguments, join(scratch.path, "watch.log"), inClone);
  cleanup.defer(() => watch.stop());
  const shows = (text: string) =>
    waitFor(
      () => `watch to show ${text}; its log:\n${tail(watch.logPath)}\nthe server's:\n${tail(server.logPath)}`,
      () => readFileSync(watch.logPath, "utf8").includes(text),
      { intervalMs: 10 },
    );
  await shows("Hello from Fairlead.");

  const routes = join(clone, "examples", "quickstart", "routes.yaml");
  const edited = readFileSync(routes, "utf8").replace("Hello from Fairlead.", "Hello from an edit.");
  const editedAt = performance.now();
  writeFileSync(routes, edited);
  await shows("Hello from an edit.");
  const shownAfter = performance.now() - editedAt;
  t.diagnostic(`served after ${(servedAfter / 1000).toFixed(1)} s, an edit shown after ${Math.round(shownAfter)} ms`);
});
