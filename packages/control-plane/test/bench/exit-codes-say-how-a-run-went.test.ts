import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readResult } from "@fairlead/bench";
import { fairlead, runFairlead } from "../support/cli.ts";
import { start } from "../support/fairlead.ts";

/** Flags of a short run against a Fairlead of the test's own, and a folder. */
async function prepare(t: TestContext) {
  const running = await start(t);
  const { host, port } = running.fairlead.xdsAddress;
  const folder = mkdtempSync(join(tmpdir(), "fairlead-bench-cli-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const flags = ["-t", `${host}:${port}`, "--admin", running.fairlead.adminUrl, "-n", "5", "--resources", "3"];
  return { ...running, flags, folder };
}

// Saturation has no schedule, and whether updates come in order can be judged of a late load tester: a busy machine does not make it invalid.
const SATURATION = ["-s", "saturation", "--warmup", "0s", "--duration", "1s", "--quiet"];

test("0 when thresholds hold, 99 when one is missed, and result and report are written", async (t) => {
  const { flags, folder, request } = await prepare(t);
  const out = join(folder, "new", "folder");
  const held = await runFairlead(t, [
    "bench",
    "run",
    ...flags,
    ...SATURATION,
    "--threshold",
    "reordered == 0",
    "-o",
    out,
  ]);
  assert.equal(held.code, 0, held.stdout + held.stderr);
  assert.match(held.stdout, /✓ reordered == 0: 0\nPASSED/);
  assert.match(held.stdout, new RegExp(`written: ${out}/result.json`));
  const file = join(out, "result.json");
  const result = readResult(readFileSync(file, "utf8"), file);
  assert.equal(result.verdict.kind, "passed");
  assert.equal(result.metrics.reordered, 0);
  assert.ok(result.counts.changes > 0);
  assert.ok(result.timeline.length > 0, "also when nobody looks");
  assert.match(readFileSync(join(out, "report.html"), "utf8"), /^<!doctype html>[\s\S]*PASSED[\s\S]*<\/html>\n$/);
  const both = join(folder, "both.html");
  const compared = await runFairlead(t, ["bench", "compare", file, file]);
  assert.equal(compared.code, 0, compared.stderr);
  assert.match(compared.stdout, /^p99 .* 1 × +tie$/m);
  const reported = await runFairlead(t, ["bench", "report", file, file, "-o", both]);
  assert.equal(reported.code, 0, reported.stderr);
  assert.match(readFileSync(both, "utf8"), /Medians of the rounds/);
  const left = await request("GET", "/v1/groups/default/resources");
  assert.equal(left.body.resources?.length ?? 0, 0, "nothing is left of the workload");

  const missed = await runFairlead(t, [
    "bench",
    "run",
    ...flags,
    ...SATURATION,
    "--threshold",
    "reordered > 0",
    "--json",
    "-",
  ]);
  assert.equal(missed.code, 99, missed.stderr);
  assert.equal(JSON.parse(missed.stdout).verdict.kind, "missed");
  assert.match(missed.stderr, /✗ reordered > 0: 0\nMISSED/);
});

test("105 when it is ended by a signal, with a result of what there is", async (t) => {
  const { flags, folder } = await prepare(t);
  const file = join(folder, "result.json");
  const run = fairlead(t, ["bench", "run", ...flags, "--duration", "10m", "--warmup", "0s", "--json", file]);
  await run.prints(/measure/);
  run.process.kill("SIGINT");
  assert.equal(await run.ended, 105, run.output.stderr);
  assert.match(run.output.stderr, /ending the run; once more ends it at once/);
  assert.match(run.output.stdout, /ABORTED/);
  assert.equal(JSON.parse(readFileSync(file, "utf8")).verdict.kind, "aborted");
});

test("104 for a plan that is wrong, all of it told; 1 for a target that is not there; 2 for a file that is no result", async (t) => {
  const { flags, folder } = await prepare(t);
  const plan = join(folder, "plan.yaml");
  writeFileSync(plan, "target: 127.0.0.1:1\nstreams: many\nscenario: { kind: steady, rate: 10x }\n");
  const bad = await runFairlead(t, ["bench", "run", plan, "--threshold", "p99 < 20"]);
  assert.equal(bad.code, 104);
  assert.deepEqual(bad.stderr.trim().split("\n"), [
    'error: --threshold: expected p99 < 20ms, got "p99 < 20"',
    `${plan}:2:10: streams: expected a whole number from 1 to 1000000, got "many"`,
    `${plan}:3:33: scenario.rate: expected a rate such as 10/s, got "10x"`,
  ]);
  const gone = await runFairlead(t, ["bench", "run", ...flags.slice(2), "-t", "127.0.0.1:1", "-q"]);
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /^error: 127\.0\.0\.1:1: nobody listens there/);
  const unread = await runFairlead(t, ["bench", "report", join(folder, "gone.json"), "-o", join(folder, "r.html")]);
  assert.equal(unread.code, 2);
  assert.match(unread.stderr, /^error: .*gone\.json cannot be read/);
  const none = await runFairlead(t, ["bench", "compare", plan, plan]);
  assert.equal(none.code, 2);
  assert.match(none.stderr, /^error: .*plan\.yaml/);
  const unwritable = await runFairlead(t, ["bench", "run", ...flags, "-o", join(plan, "below")]);
  assert.equal(unwritable.code, 2);
  assert.match(unwritable.stderr, /^error: cannot write .*plan\.yaml\/below\/result\.json/);
});

test("a plan is printed with every default, and taken back as it was printed", async (t) => {
  const { flags, folder } = await prepare(t);
  const printed = await runFairlead(t, ["bench", "check", ...flags, "--threshold", "p99 < 20ms"]);
  assert.equal(printed.code, 0, printed.stderr);
  assert.match(printed.stdout, /^ {2}rate: 10\/s$/m);
  const plan = join(folder, "plan.yaml");
  writeFileSync(plan, printed.stdout);
  const again = await runFairlead(t, ["bench", "check", plan]);
  assert.equal(again.stdout, printed.stdout);
});

test("every flag of a plan is one that the plan's reader knows, and the other way round", async (t) => {
  const { createProgram } = await import("../../src/cli/program.ts");
  const { PLAN_FLAGS } = await import("@fairlead/bench");
  const check = createProgram()
    .commands.find((one) => one.name() === "bench")!
    .commands.find((one) => one.name() === "check")!;
  const flags = check.options
    .map((option) => option.attributeName())
    .filter((name) => name !== "format" && name !== "help");
  assert.deepEqual(flags.toSorted(), PLAN_FLAGS.toSorted());
  t.diagnostic(`${flags.length} flags`);
});
