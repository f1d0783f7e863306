import assert from "node:assert/strict";
import { test } from "node:test";
import { startEtcd } from "../support/etcd.ts";
import { makeScratch } from "../support/scratch.ts";
import { requireTool } from "../support/tools.ts";
import { runChaos } from "./support/chaos.ts";
import { startReplicas } from "./support/replica-set.ts";

test("etcd's leader, a replica, a replica's way to etcd: whatever dies, no stream goes back, and all come to the newest state", async (t) => {
  const tool = requireTool("etcd");
  if ("skip" in tool) return t.skip(tool.skip);
  const scratch = makeScratch("replicas");
  let hasPassed = false;
  await using parts = new AsyncDisposableStack();
  parts.defer(() => (hasPassed ? scratch.remove() : t.diagnostic(`logs kept in ${scratch.path}`)));
  const etcd = await startEtcd(tool.path, { members: 3 });
  parts.defer(() => etcd.close());
  const replicas = await startReplicas(etcd, { count: 3, folder: scratch.path });
  for (const replica of replicas) parts.defer(() => replica.stop("SIGKILL"));
  const tell = (text: string) => t.diagnostic(text);
  const report = await runChaos(etcd, replicas, { streams: 90, leaderKills: 10, cutOffMs: 6_000, pauseMs: 100, tell });
  t.diagnostic(JSON.stringify(report));
  assert.deepEqual(report.faults, []);
  assert.equal(report.rolling.idle, 0, "who comes back with what is current is sent nothing");
  assert.deepEqual(report.cutOff, { ready: true, reachable: false, writeStatus: 503, retryAfter: "1" });
  const causes = Object.keys(report.rolling.writing);
  assert.deepEqual(
    causes.filter((cause) => !["changed", "fresh", "subscribed"].includes(cause)),
    [],
  );
  hasPassed = true;
});
