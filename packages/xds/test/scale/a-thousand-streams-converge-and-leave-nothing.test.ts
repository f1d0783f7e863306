import assert from "node:assert/strict";
import { test } from "node:test";
import { type ServerProcess, startServer, startStreams } from "./processes.ts";

const STREAMS = 1_000;
const COMMITS = 100;
/** 1 KB of each stream: a client takes more than twice that. */
const MAX_LEFT_BYTES = STREAMS * 1024;
const CLUSTERS = Array.from({ length: 20 }, (_, n) => `c${n}`);
const ENDPOINTS = Array.from({ length: 20 }, (_, n) => `e${n}`);

test(`${STREAMS} streams converge on each of ${COMMITS} commits, and the heap is what it was when they have left`, async (t) => {
  const server = await startServer(t);
  await server.ask({ ask: "commit", clusters: CLUSTERS, endpoints: ENDPOINTS, content: "start" });
  // Once before it counts: what the first thousand leave behind is compiled code and its type feedback.
  await comeAndLeave(t, server, "warm-up", 5);
  let { heapBytes: before } = await server.ask({ ask: "heap" });
  let after = before;
  // Code that is compiled late, once, takes 3 MB now and then; what streams leave behind comes again with the next thousand.
  for (const label of ["commit", "once more"]) {
    before = after;
    await comeAndLeave(t, server, label, COMMITS);
    ({ heapBytes: after } = await server.ask({ ask: "heap" }));
    t.diagnostic(`heap ${before} bytes before, ${after} after`);
    if (after - before <= MAX_LEFT_BYTES) return;
  }
  assert.fail(`the heap was ${before} bytes, and is ${after}`);
});

async function comeAndLeave(
  t: Parameters<typeof startServer>[0],
  server: ServerProcess,
  label: string,
  commits: number,
): Promise<void> {
  await server.ask({ ask: "commit", endpoints: ["e0"], content: `${label} start` });
  const streams = startStreams(t, {
    port: server.port,
    streams: STREAMS,
    connections: 20,
    deltaEvery: 3,
    hasClusters: true,
    endpoints: { count: 10, step: 0 },
  });
  await streams.converged(`${label} start`);
  for (let n = 1; n <= commits; n++) {
    // Clusters go whole to those that speak SotW, endpoints one by one.
    const what = n % 4 === 0 ? { clusters: ["c7"] } : { endpoints: [`e${n % 10}`] };
    await server.ask({ ask: "commit", ...what, content: `${label} ${n}` });
    await streams.converged(`${label} ${n}`);
  }
  const { clients } = await server.until("every ACK", ({ pending }) => pending === 0);
  assert.equal(clients, STREAMS);
  await streams.leave();
  await server.until("all to have left", (state) => state.clients === 0);
}
