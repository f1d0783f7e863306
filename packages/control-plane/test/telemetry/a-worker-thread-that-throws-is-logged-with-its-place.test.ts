import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { fairlead } from "../support/cli.ts";

const FAILING_WORKER = fileURLToPath(new URL("../../../../test/support/failing-worker.ts", import.meta.url));

test("a worker thread that throws is logged with the place in its source, and its successor goes by the same name", async (t) => {
  const args = ["serve", "--xds", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--workers", "1"];
  const { process, output, prints } = fairlead(t, args, { NODE_OPTIONS: `--import=${FAILING_WORKER}` });
  const lines = () =>
    output.stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  await prints(/"msg":"ready"/);
  assert.equal(lines()[0].workers, 1, "the first line says how many there are");
  for (const times of [1, 2]) {
    process.kill("SIGUSR2");
    await prints(new RegExp(`("msg":"a worker thread listens again"[^]*){${times}}`));
    const ends = lines().filter(({ msg }) => msg.startsWith("a worker thread ended"));
    assert.equal(ends.length, times);
    const { level, reason, stack } = ends.at(-1);
    assert.deepEqual({ level, reason }, { level: "error", reason: "fairlead-edge-1 was told to fail" });
    assert.match(stack, /^Error: fairlead-edge-1 was told to fail\n\s+at .*failing-worker\.ts:\d+/);
  }
});
