import assert from "node:assert/strict";
import { test } from "node:test";
import type { Worker } from "node:worker_threads";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { hear } from "../server/heard.ts";
import { commit, namesIn, resource, startServer } from "../server/started-server.ts";
import { waitFor } from "../support/wait-for.ts";
import { openOn, otherThan } from "./spread.ts";

const { cluster } = TYPE_URLS;

test("under load a worker is killed: its clients come back, it is replaced, and the others' streams miss nothing", async (t) => {
  const threads: Worker[] = [];
  const onWorker = (thread: Worker) => void threads.push(thread);
  process.on("worker", onWorker);
  t.after(() => process.off("worker", onWorker));
  const { server, cache, stream } = await startServer(t, { workers: 2 });
  const ends = hear(t, "fairlead:xds:worker-ended");
  const starts = hear(t, "fairlead:xds:worker-started");
  const closes = hear(t, "fairlead:xds:stream-closed");
  commit(cache, [resource(cluster, "a", "0")]);
  const open = async () => {
    const opened = stream({ mode: "sotw", node: { id: `n${Math.random()}` } });
    opened.subscribe(cluster);
    await opened.nextAcked();
    return opened;
  };
  const doomed = await openOn(server, open);
  const other = await openOn(server, open, otherThan(doomed.worker));

  let commits = 0;
  const load = setInterval(() => commit(cache, [resource(cluster, "a", `${++commits}`)]), 1);
  t.after(() => clearInterval(load));
  await other.stream.nextAcked();
  await threads[doomed.worker - 1]!.terminate();
  await assert.rejects(async () => {
    for (;;) await doomed.stream.nextAcked();
  });
  await waitFor("the replacement", () => starts.length === 1);
  clearInterval(load);
  commit(cache, [resource(cluster, "last")]);
  for (;;) if (namesIn(await other.stream.nextAcked()).includes("last")) break;

  assert.deepEqual(
    ends.map(({ worker, streams, restartInMs }) => ({ worker, streams, restartInMs })),
    [{ worker: doomed.worker, streams: 1, restartInMs: 100 }],
  );
  assert.deepEqual(closes.map(({ reason }) => reason).filter((reason) => reason.includes("worker thread")).length, 1);
  const { isListening, restarts, lastEnd } = server.workers[doomed.worker - 1]!;
  assert.deepEqual({ isListening, restarts }, { isListening: true, restarts: 1 });
  assert.match(lastEnd ?? "", /code 1/);
  assert.equal(server.workers[other.worker - 1]!.restarts, 0);
  const back = await openOn(server, open, doomed.worker);
  assert.equal([...server.clients()].length, 2);
  back.stream.close();
});
