import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createDriver } from "../../src/drivers/create.ts";
import { parsePlan } from "../../src/plan/read.ts";

const folder = mkdtempSync(join(tmpdir(), "fairlead-bench-exec-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A program that notes each line in `lines`, and answers as `answer` (an expression of `line`) says. */
function driverOf(name: string, answer: string) {
  const program = join(folder, `${name}.mjs`);
  writeFileSync(
    program,
    `import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";
for await (const text of createInterface(process.stdin)) {
  appendFileSync(${JSON.stringify(join(folder, `${name}.lines`))}, text + "\\n");
  const line = JSON.parse(text);
  console.log(${answer});
}
appendFileSync(${JSON.stringify(join(folder, `${name}.lines`))}, '"end"\\n');
`,
  );
  const command = `${JSON.stringify(process.execPath)} ${JSON.stringify(program)}`;
  const plan = { target: "a:1", workload: { count: 2, endpoints: 1 }, driver: { kind: "exec", command } };
  const linesOf = () =>
    readFileSync(join(folder, `${name}.lines`), "utf8")
      .trim()
      .split("\n");
  return { driver: createDriver(parsePlan(JSON.stringify(plan))), linesOf };
}

test("a program is told the workload, each change and the end, and ends with its input", async () => {
  const { driver, linesOf } = driverOf("good", "JSON.stringify({ id: line.id })");
  await driver.setup();
  await driver.change({ sequence: 7, intendedMs: 0, resources: [1] });
  await driver.teardown();
  const [setup, change, teardown, end] = linesOf().map((line) => JSON.parse(line));
  assert.deepEqual(
    setup.setup.resources.map((one: { clusterName: string }) => one.clusterName),
    ["bench-0", "bench-1"],
  );
  const { resources, ...head } = change.change;
  assert.deepEqual(head, { sequence: 7, mark: "change-000000000007", indices: [1], names: ["bench-1"] });
  assert.equal(resources[0].endpoints[0].lbEndpoints[0].endpoint.hostname, "change-000000000007");
  assert.deepEqual([teardown.teardown, end], [{}, "end"]);
});

test("what the program answers with an error is told, with its command", async () => {
  const { driver } = driverOf("bad", 'JSON.stringify({ id: line.id, error: "the server says no" })');
  await assert.rejects(driver.change({ sequence: 1, intendedMs: 0, resources: [0] }), {
    code: "driver-failed",
    message: /^the program `.*bad\.mjs"` answered with an error: the server says no$/,
  });
  await assert.rejects(driver.teardown());
});

test("a program that ends too early, or answers nothing, is told", async () => {
  const { driver } = driverOf("mute", '"what?"');
  await assert.rejects(driver.setup(), {
    code: "driver-failed",
    message: /wrote "what\?", which answers nothing: expected \{"id":…\}$/,
  });
  await assert.rejects(driver.teardown());
  const plan = { target: "a:1", driver: { kind: "exec", command: "exit 3" } };
  const gone = createDriver(parsePlan(JSON.stringify(plan)));
  await assert.rejects(gone.setup(), /the program `exit 3` ended with 3: it must run until its standard input ends/);
  await assert.rejects(gone.teardown());
});
