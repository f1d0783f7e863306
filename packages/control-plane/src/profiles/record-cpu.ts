import type { Profiler } from "node:inspector";
import { Session } from "node:inspector/promises";
import { setTimeout } from "node:timers/promises";
import { createPlaceOf } from "./place.ts";
import { type CpuStacks, frameOf } from "./stacks.ts";

/**
 * The thread is looked at this often, µs. 1 ms shows within a second what costs 1 %, for 1 to 3 % more CPU meanwhile
 * (measured on JSON work; at 10 ms: nothing to be measured).
 */
const INTERVAL_US = 1_000;

/**
 * Records what this thread does, for so long or until told to end.
 *
 * To name functions, V8 walks its whole heap at the start: the thread stands still meanwhile, some 100 ms of CPU
 * at 66 MB of heap, 260 at 187. Reading the result at the end took 5 to 30.
 */
export async function recordCpu(durationMs: number, end: AbortSignal): Promise<CpuStacks> {
  const session = new Session();
  session.connect();
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.setSamplingInterval", { interval: INTERVAL_US });
    await session.post("Profiler.start");
    const startedAtMs = Date.now();
    const startMs = performance.now();
    const thread = process.threadCpuUsage();
    const whole = process.cpuUsage();
    await setTimeout(durationMs, undefined, { signal: end }).catch(() => {}); // what there is until the end is the result
    const threadCpuUs = sum(process.threadCpuUsage(thread));
    const processCpuUs = sum(process.cpuUsage(whole));
    const tookMs = performance.now() - startMs;
    const { profile } = await session.post("Profiler.stop");
    const times = { startedAtMs, durationMs: tookMs, intervalUs: INTERVAL_US, threadCpuUs, processCpuUs };
    return { nodes: nodesOf(profile), ...times };
  } finally {
    session.disconnect();
  }
}

function sum({ user, system }: { readonly user: number; readonly system: number }): number {
  return user + system;
}

function nodesOf(profile: Profiler.Profile): CpuStacks["nodes"] {
  const timeById = timesOf(profile);
  const parentById = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const indexById = new Map(profile.nodes.map(({ id }, index) => [id, index]));
  const placeOf = createPlaceOf();
  // V8 gives a node before its children.
  return profile.nodes.map(({ id, callFrame, hitCount = 0, positionTicks = [] }) => ({
    frame: frameOf(callFrame, placeOf),
    parent: indexById.get(parentById.get(id) ?? -1) ?? -1,
    samples: hitCount,
    amount: timeById.get(id) ?? 0,
    lines: positionTicks.map(({ line, ticks }) => ({ line, samples: ticks })),
  }));
}

/** A sample stands for the time until the next one, µs by node. */
function timesOf({ samples = [], timeDeltas = [], startTime, endTime }: Profiler.Profile): Map<number, number> {
  const times = new Map<number, number>();
  let at = startTime;
  for (const [index, id] of samples.entries()) {
    at += timeDeltas[index] ?? 0;
    const next = timeDeltas[index + 1];
    const lasted = next === undefined ? endTime - at : next;
    times.set(id, (times.get(id) ?? 0) + Math.max(0, lasted)); // a sample may come before the one that it follows
  }
  return times;
}
