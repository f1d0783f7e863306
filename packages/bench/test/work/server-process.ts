// A server in a process of its own, so that what it does is not mixed with its clients' work: makes changes, each once the last is
// ACKed by all, and counts.
import { readFileSync } from "node:fs";
import { PerformanceObserver } from "node:perf_hooks";
import { loadSchema } from "@fairlead/envoy-api";
import { createXdsServer, type Resource, readResource, SnapshotCache, xdsChannel } from "@fairlead/xds";
import { resourceJson } from "../../src/workload/resource-json.ts";
import { RESOURCES, WORKLOAD, type Work, type WorkCommand } from "./work.ts";

const schema = loadSchema();
const cache = new SnapshotCache();
let sequence = 0;
let collections = 0;
let onCollection = () => {};
new PerformanceObserver((list) => {
  collections += list.getEntries().length;
  onCollection();
}).observe({ entryTypes: ["gc"] });

commit(Array.from({ length: RESOURCES }, (_, index) => readResource(schema, resourceJson(WORKLOAD, index, 0))));
const server = await createXdsServer({ source: cache, listen: { port: 0 } });
let acks = 0;
let onAck = () => {};
xdsChannel("fairlead:xds:acked").subscribe(() => {
  acks += 1;
  onAck();
});
process.on("message", ({ changes, streams }: WorkCommand) => {
  void run(changes, streams).then((work) => process.send!(work));
});
process.once("disconnect", () => process.exit(0));
process.send!({ port: server.address.port });

async function run(changes: number, streams: number): Promise<Work> {
  // Made beforehand: reading a resource is the cost of a change, whoever holds it.
  const prepared = Array.from({ length: changes }, (_, made) => resourceAt(sequence + 1 + made));
  await collectGarbage();
  const before = sample();
  for (const resource of prepared) {
    sequence += 1;
    const due = acks + streams;
    const { promise, resolve } = Promise.withResolvers<void>();
    onAck = () => {
      if (acks >= due) resolve();
    };
    commit([resource]);
    await promise;
  }
  const after = sample();
  const grown = Object.entries(after).map(([name, value]) => [name, value - before[name as keyof Work]]);
  return Object.fromEntries(grown) as Work;
}

/** Resolves once the observer has been told of it, so that it is not taken for one of the run. */
async function collectGarbage(): Promise<void> {
  const told = new Promise<void>((resolve) => {
    onCollection = resolve;
  });
  globalThis.gc!();
  await told;
}

function sample(): Work {
  const { differences, builds, writes, turns } = server.work;
  const calls = systemCalls();
  const allocatedBytes = process.memoryUsage().heapUsed;
  return { differences, builds, pushes: writes, turns, acks, ...calls, allocatedBytes, collections };
}

/** The one that change `sequence` touches, as it leaves it. */
function resourceAt(number: number): Resource {
  return readResource(schema, resourceJson(WORKLOAD, number % RESOURCES, number));
}

function commit(resources: Resource[]): void {
  cache.commit({ groups: new Map([["default", { upsert: resources, remove: [] }]]) });
}

/** Of the whole process, files and pipes counted in. */
function systemCalls(): Pick<Work, "reads" | "writes"> {
  let text = "";
  try {
    text = readFileSync("/proc/self/io", "utf8");
  } catch {
    // Not here: then they are not told.
  }
  const field = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(text)?.[1] ?? 0);
  return { reads: field("syscr"), writes: field("syscw") };
}
