import assert from "node:assert/strict";
import { test } from "node:test";
import { writeCpuPprof } from "../../../control-plane/src/profiles/write-pprof.ts";
import { CATEGORIES, categoryOf, sharesOf } from "../../scripts/profile/categories.ts";
import { readOwnTimes } from "../../scripts/profile/read-pprof.ts";

const NATIVE = "Node's own C++: sockets, its HTTP/2, V8";
const frame = (name: string, file: string) => ({ name, file, line: 1 });

/** `main` calls the others; a caller's own time is not what it called. */
const nodes = [
  [frame("(root)", ""), -1, 0],
  [frame("main", "fairlead/src/serve.ts"), 0, 1],
  [frame("turn", "@fairlead/xds/src/protocol/turn.ts"), 1, 4],
  [frame("writev", "native"), 2, 3],
  [frame("(garbage collector)", ""), 2, 2],
  [frame("(idle)", ""), 0, 50],
] as const;

test("a live profile's own times are read, without waiting, and add up to what the system counted", async () => {
  const stacks = nodes.map(([frame, parent, samples]) => ({
    frame,
    parent,
    samples,
    amount: samples * 1_000,
    lines: [],
  }));
  const times = { startedAtMs: 0, durationMs: 60, intervalUs: 1_000, threadCpuUs: 10_000, processCpuUs: 10_000 };
  const read = readOwnTimes(await writeCpuPprof({ nodes: stacks, ...times }));
  const msByFile = new Map(read.map(({ name, file, cpuNs }) => [file || name, cpuNs / 1e6]));
  assert.deepEqual(Object.fromEntries(msByFile), {
    "fairlead/src/serve.ts": 1,
    "@fairlead/xds/src/protocol/turn.ts": 4,
    native: 3,
    "(garbage collector)": 2,
    "(idle)": 0,
  });
  const shares = sharesOf(read, 0.2);
  assert.deepEqual([shares.kernel, shares["protocol and streams"], shares["garbage collection"]], [0.2, 0.4, 0.2]);
  assert.ok(Math.abs(shares[NATIVE] - 0.1) < 1e-9, "the kernel's time passed in calls of Node's own");
});

test("what the kernel took beyond Node's own calls is taken off the rest alike, and all is still 100 %", () => {
  const own = [
    { name: "turn", file: "@fairlead/xds/src/protocol/turn.ts", cpuNs: 6 },
    { name: "writev", file: "native", cpuNs: 4 },
  ];
  const shares = sharesOf(own, 0.7);
  assert.ok(Math.abs(shares["protocol and streams"] - 0.3) < 1e-9);
  assert.ok(Math.abs(CATEGORIES.reduce((sum, category) => sum + shares[category], 0) - 1) < 1e-9);
});

test("every folder that serves has its category", () => {
  const of = (file: string, name = "f") => categoryOf({ name, file });
  assert.equal(of("@fairlead/h2/src/server/connection.ts"), "HTTP/2 and connections");
  assert.equal(of("node:internal/http2/core"), "HTTP/2 and connections");
  assert.equal(of("@fairlead/xds/src/server/http2/stream.ts"), "HTTP/2 and connections");
  assert.equal(of("@fairlead/xds/src/wire/reader.ts"), "gRPC and messages on the wire");
  assert.equal(of("@fairlead/xds/src/server/turn-queue.ts"), "protocol and streams");
  assert.equal(of("@fairlead/xds/src/cache/persistent-map.ts"), "snapshots and differences");
  assert.equal(of("fairlead/src/telemetry/metrics.ts"), "metrics and logs");
  assert.equal(of("@bufbuild/protobuf/dist/esm/from-json.js"), "marshalling: JSON to resources to bytes");
  assert.equal(of("@fairlead/envoy-api/src/validate-message.ts"), "validation of commits");
  assert.equal(of("fastify/lib/reply.js"), "admin API");
  assert.equal(of("", "(program)"), NATIVE);
  assert.equal(of("yaml/dist/index.js"), "other");
});
