import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { formatHostPort } from "../../src/config/config.ts";
import { fairlead as run } from "../support/cli.ts";
import { start } from "../support/fairlead.ts";

const quickstart = (file: string) =>
  readFileSync(new URL(`../../../../examples/quickstart/${file}`, import.meta.url), "utf8");
const FILES = ["listeners.yaml", "routes.yaml", "clusters.yaml", "endpoints.yaml"];

for (const mode of ["SotW", "delta"]) {
  test(`watch follows the quickstart's references, and shows an edit as a difference, in ${mode}`, async (t) => {
    const files = Object.fromEntries(FILES.map((file) => [file, quickstart(file)]));
    const { fairlead, write, request } = await start(t, { files });
    const flags = mode === "delta" ? ["--delta"] : [];
    const watch = run(t, ["watch", "--node", "demo", "--admin", fairlead.adminUrl, ...flags]);
    for (const what of ["lds ingress", "lds greeter", "cds greeter", "rds quickstart", "eds greeter"]) {
      await watch.prints(new RegExp(`^ {2}\\+ ${what}$`, "m"));
    }
    const { body } = await request("GET", "/v1/nodes");
    assert.deepEqual(body.nodes, [], "it does not count as a proxy");

    write("routes.yaml", quickstart("routes.yaml").replace("Hello from Fairlead.", "Hello, edited."));
    await watch.prints(/^ {2}~ rds quickstart$/m);
    await watch.prints(/^ {4}\+ +Hello, edited\.$/m);
    await watch.prints(/^ {4}- +Hello from Fairlead\.$/m);

    write("clusters.yaml", quickstart("clusters.yaml").replace("name: greeter", "name: other"));
    await watch.prints(/^ {2}\+ cds other$/m);
    await watch.prints(/^ {2}- cds greeter$/m);
    watch.process.kill("SIGINT");
    assert.equal(await watch.ended, 0);
  });
}

test("watch --once ends by itself, and tells as JSON what it was asked for", async (t) => {
  const files = Object.fromEntries(FILES.map((file) => [file, quickstart(file)]));
  const { fairlead } = await start(t, { files });
  const xds = formatHostPort(fairlead.xdsAddress);
  const watch = run(t, ["watch", "--node", "demo", "--xds", xds, "--once", "-o", "json", "--type", "eds"]);
  assert.equal(await watch.ended, 0);
  const events = watch.output.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    events
      .filter(({ event }) => event !== "status")
      .map(({ event, name, typeUrl }) => [event, name, typeUrl.split(".").at(-1)]),
    [["added", "greeter", "ClusterLoadAssignment"]],
  );
});

test("watch says what is wrong when it cannot connect, and goes on", async (t) => {
  const watch = run(t, ["watch", "--node", "demo", "--xds", "127.0.0.1:1"]);
  await watch.prints(/disconnected: .*refused.*; again in \d/);
  assert.equal(watch.process.exitCode, null);
});
