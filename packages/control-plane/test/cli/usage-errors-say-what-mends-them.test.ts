import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runFairlead } from "../support/cli.ts";

const COMMANDS = [
  [],
  ["serve"],
  ["get"],
  ["get", "nodes"],
  ["get", "groups"],
  ["get", "rules"],
  ["get", "resources"],
  ["get", "revisions"],
  ["get", "events"],
  ["completion"],
  ["watch"],
  ["check"],
  ["apply"],
  ["diff"],
  ["bench"],
  ["bench", "run"],
  ["bench", "check"],
  ["bench", "compare"],
  ["bench", "report"],
].concat([["bootstrap"], ["bootstrap", "envoy"]]);

test("every command has help, with examples where it does something", async (t) => {
  await Promise.all(
    COMMANDS.map(async (command) => {
      const { code, stdout, stderr } = await runFairlead(t, [...command, "--help"]);
      const name = command.join(" ");
      assert.equal(code, 0, name);
      assert.equal(stderr, "", name);
      assert.match(stdout, new RegExp(`^Usage: fairlead ${name}`), name);
      if (!["get", "bootstrap", "schema", "bench"].includes(name))
        assert.match(stdout, /Examples:\n {2}fairlead/, name);
    }),
  );
});

test("an unknown command or option is answered with the nearest one, and 2", async (t) => {
  const cases: [string[], RegExp][] = [
    [["serv"], /Did you mean serve\?/],
    [["get", "node"], /Did you mean nodes\?/],
    [["serv", "--help"], /Did you mean serve\?/],
    [["help", "get", "node"], /Did you mean nodes\?/],
    [["get", "nodes", "--wy"], /Did you mean --why\?/],
    [["serve", "--xds", "nowhere"], /Expected HOST:PORT/],
    [["serve", "--store", "etcd://127.0.0.1:1", "--data-dir", "d"], /give one of them/],
    [["serve", "--workers", "many"], /Expected a whole number from 0 to 64/],
    [["bootstrap", "envoy", "--mode", "x"], /ads, ads-delta, per-type, per-type-delta/],
    [["watch"], /--node <id>/],
    [["watch", "--node", "n", "--type", "nonsense", "--xds", "127.0.0.1:1"], /Unknown type "nonsense": use cds/],
    [["get", "nodes", "--admin", "ftp://x"], /is no URL/],
    [["history", "--limit", "many"], /Expected a whole number from 1 to 1000/],
  ];
  await Promise.all(
    cases.map(async ([args, expected]) => {
      const { code, stdout, stderr } = await runFairlead(t, args);
      assert.equal(code, 2, args.join(" "));
      assert.equal(stdout, "");
      assert.match(stderr, expected);
    }),
  );
});

test("a configuration that is wrong names file, line and column, and ends with 2", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "fairlead-cli-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, "fairlead.yaml");
  writeFileSync(file, "xds:\n  lisen: 127.0.0.1:0\n");
  const wrong = await runFairlead(t, ["serve", "--config", file]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /fairlead\.yaml:2:3: .*did you mean listen\?/);
  const missing = await runFairlead(t, ["serve", "--config", join(dir, "none.yaml")]);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /cannot read .*none\.yaml/);
  const noDirectory = await runFairlead(t, ["serve", join(dir, "none")]);
  assert.equal(noDirectory.code, 2);
  assert.match(noDirectory.stderr, /none is no directory/);
});

test("no control plane at that address is said so, with 1", async (t) => {
  const { code, stderr } = await runFairlead(t, ["get", "nodes", "--admin", "http://127.0.0.1:1"]);
  assert.equal(code, 1);
  assert.match(stderr, /^error: no answer from the admin API at http:\/\/127\.0\.0\.1:1 .*FAIRLEAD_ADMIN/);
});
