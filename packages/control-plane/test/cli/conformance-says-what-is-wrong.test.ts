import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { formatHostPort } from "../../src/config/config.ts";
import { runFairlead } from "../support/cli.ts";
import { start } from "../support/fairlead.ts";

const USAGE: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [[], /--target HOST:PORT says which/],
  [["--target", "nowhere"], /Expected HOST:PORT/],
  [["--target", "127.0.0.1:1", "--only", "Z9"], /no requirement of that id; there are S1, S2/],
  [["--target", "127.0.0.1:1", "--driver", "http"], /needs --put URL, with \{node\}/],
  [["--target", "127.0.0.1:1", "--driver", "http", "--put", "http://127.0.0.1:1/x"], /lacks \{node\}/],
  [["--target", "127.0.0.1:1", "--timing", "patience=1"], /NAME one of silenceMs/],
  [["--target", "127.0.0.1:1", "--admin", "http://127.0.0.1:1"], /is the fairlead driver's address right/],
];

for (const [args, message] of USAGE) {
  test(`conformance ${args.join(" ")} ends with 2 and names the mend`, async (t) => {
    const { code, stderr } = await runFairlead(t, ["conformance", ...args]);
    assert.match(stderr, message);
    assert.equal(code, 2);
  });
}

test("conformance tells a server without xDS, and a driver of another server", async (t) => {
  const one = await start(t);
  const other = await start(t);
  const admin = ["--admin", one.fairlead.adminUrl, "--timeout", "1000"];
  const none = await runFairlead(t, ["conformance", "--target", "127.0.0.1:1", ...admin]);
  assert.match(none.stderr, /127\.0\.0\.1:1 serves no xDS: .*connection refused/);
  assert.equal(none.code, 2);
  const target = formatHostPort(other.fairlead.xdsAddress);
  const astray = await runFairlead(t, ["conformance", "--target", target, ...admin]);
  assert.match(astray.stderr, /sent a node of that name nothing within 1000 ms. Are they the same server/);
  assert.equal(astray.code, 2);
});

test("a program in between sets the state, and the report comes in every format", async (t) => {
  const { fairlead, root } = await start(t, { files: { "other/none.json": '{"resources": []}\n' }, waits: false });
  const adapter = join(root, "adapter.mjs");
  writeFileSync(
    adapter,
    `import { createInterface } from "node:readline";
for await (const line of createInterface({ input: process.stdin })) {
  const { id, set, forget } = JSON.parse(line);
  const url = \`${fairlead.adminUrl}/v1/groups/\${set?.node ?? forget.node}/resources\`;
  const headers = { "content-type": "application/json" };
  const asked = set ? { method: "PUT", headers, body: JSON.stringify({ resources: set.resources }) } : { method: "DELETE" };
  const response = await fetch(url, asked);
  console.log(JSON.stringify(response.ok ? { id } : { id, error: await response.text() }));
}
`,
  );
  const command = ["--driver", "exec", "--command", `${process.execPath} ${adapter}`, "--only", "C8,W3"];
  const args = ["conformance", "--target", formatHostPort(fairlead.xdsAddress), ...command, "--level", "fairlead"];
  const json = await runFairlead(t, [...args, "--format", "json"]);
  assert.equal(json.code, 0, json.stderr);
  const { conforms, requirements } = JSON.parse(json.stdout);
  assert.deepEqual([conforms, requirements.map(({ id }: { id: string }) => id)], [true, ["C8", "W3"]]);
  const junit = await runFairlead(t, [...args, "--format", "junit"]);
  assert.match(junit.stdout, /<testsuite name="C8" tests="4" failures="0">/);
  const text = await runFairlead(t, [...args, "--verbose"]);
  assert.match(text.stdout, /pass {2}C8 {2}4 passed/);
  assert.match(text.stdout, /< CDS \[a\]/);
});
