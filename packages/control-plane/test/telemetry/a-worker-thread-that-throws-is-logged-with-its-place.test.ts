import assert from "node:assert/strict";
import { Session } from "node:inspector/promises";
import { type TestContext, test } from "node:test";
import { pino } from "pino";
import { start } from "../support/fairlead.ts";
import { until } from "../support/until.ts";

test("a worker thread that throws is logged with the place in its source, and its successor goes by the same name", async (t) => {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  await start(t, { log, config: { xds: { workers: 1 } } });
  assert.equal(lines[0]?.workers, 1, "the first line says how many there are");
  const names = await throwInWorkers(t, "function faulty() { throw new Error('a fault') } setImmediate(faulty)");
  await until("another to listen", () => lines.some(({ msg }) => msg === "a worker thread listens again"));
  await until("the debugger to be told of it", () => names.length === 2);
  const { level, reason, stack } = lines.find(({ msg }) => String(msg).startsWith("a worker thread ended"))!;
  assert.deepEqual({ level, reason }, { level: 50, reason: "a fault" });
  assert.match(String(stack), /^Error: a fault\n\s+at .*faulty/);
  assert.match(names[0]!, /fairlead-edge-1$/);
  assert.match(names[1]!, /fairlead-edge-1$/);
});

/** Has the worker threads that run now evaluate `source`; the names of those, and of all that start later. */
async function throwInWorkers(t: TestContext, source: string): Promise<readonly string[]> {
  const session = new Session();
  session.connect();
  t.after(() => session.disconnect());
  const names: string[] = [];
  let isTold = false;
  session.on("NodeWorker.attachedToWorker", ({ params: { sessionId, workerInfo } }) => {
    names.push(workerInfo.title);
    if (isTold) return;
    const message = JSON.stringify({ id: 1, method: "Runtime.evaluate", params: { expression: source } });
    void session.post("NodeWorker.sendMessageToWorker", { sessionId, message });
  });
  await session.post("NodeWorker.enable", { waitForDebuggerOnStart: false });
  isTold = true;
  return names;
}
