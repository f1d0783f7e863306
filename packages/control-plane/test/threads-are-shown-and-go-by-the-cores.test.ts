import assert from "node:assert/strict";
import { test } from "node:test";
import type { Worker } from "node:worker_threads";
import { pino } from "pino";
import { workersByCores } from "../src/xds/workers-by-cores.ts";
import { start } from "./support/fairlead.ts";
import { cluster } from "./support/resources.ts";
import { until } from "./support/until.ts";

test("one core is for the deciding thread, and no more than four workers start unasked", () => {
  assert.deepEqual(
    [1, 2, 4, 5, 64].map((cores) => workersByCores(cores)),
    [0, 1, 3, 4, 4],
  );
});

test("worker threads, and that one ended and was replaced, are in readiness, metrics and log", async (t) => {
  const threads: Worker[] = [];
  const onWorker = (thread: Worker) => void threads.push(thread);
  process.on("worker", onWorker);
  t.after(() => process.off("worker", onWorker));
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const { request, put, proxy } = await start(t, { log, config: { xds: { workers: 1 } } });
  await put("default", [cluster("a")]);
  proxy("edge-1");
  await until("the proxy to be connected", () => lines.some(({ msg }) => msg === "node connected"));
  const shown = async () => (await request("GET", "/readyz")).body;
  assert.deepEqual((await shown()).workers, [{ worker: 1, listening: true, restarts: 0 }]);
  await threads[0]!.terminate();
  await until("its end to be logged", () => lines.some(({ level, worker }) => level === 50 && worker === 1));
  await until("it to listen again", () => lines.some(({ msg }) => msg === "a worker thread listens again"));
  const { ready, workers } = await shown();
  assert.equal(ready, true);
  assert.deepEqual([workers[0].listening, workers[0].restarts], [true, 1]);
  assert.match(workers[0].lastEnd, /ended with code 1/);
  const metrics = (await request("GET", "/metrics")).body as string;
  assert.match(metrics, /^fairlead_xds_workers\{state="listening"\} 1$/m);
  assert.match(metrics, /^fairlead_xds_worker_ends_total \d+$/m);
});
