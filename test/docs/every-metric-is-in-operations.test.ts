import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createStore } from "../../packages/control-plane/src/store/create-store.ts";
import { createMetrics } from "../../packages/control-plane/src/telemetry/metrics.ts";

test("every metric is in the operations page, and none that does not exist", async (t) => {
  const metrics = createMetrics({
    store: createStore(),
    resources: () => [],
    sources: () => [],
    groups: () => ({ known: 0, broken: 0 }),
    clients: () => [],
    isReady: true,
    edge: () => ({ connections: 0, queuedBytes: 0, partialBytes: 0, waitingStreams: 0 }),
    workers: () => [],
    hasCluster: () => false,
    registry: () => undefined,
  });
  t.after(() => metrics.close());
  const exposed = [...(await metrics.expose()).matchAll(/^# HELP (\S+)/gm)].map(([, name]) => name!);
  if (process.platform !== "linux") exposed.push("process_open_fds"); // read from /proc
  const page = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
  const table = page.slice(page.indexOf("## Metrics"), page.indexOf("## Logs"));
  const documented = [...table.matchAll(/`((?:fairlead|nodejs|process)_[a-z_]+)`/g)].map(([, name]) => name!);
  assert.deepEqual([...new Set(documented)].sort(), exposed.toSorted());
});
