import { BenchError } from "../errors.ts";
import { formatBytes, formatNumber } from "../results/units.ts";
import type { Costs } from "./costs.ts";
import type { Demand } from "./demand.ts";
import { memoryBytesOf, pushUsOf } from "./predict.ts";

/** What a replica may carry, by one of its resources. */
export interface StreamBound {
  readonly by: "CPU" | "memory" | "network" | "fan-out" | "measured";
  readonly streams: number;
  /** With its numbers. */
  readonly formula: string;
}

/** What a demand takes. */
export interface Capacity {
  readonly pushUs: number;
  readonly pushesPerSecond: number;
  readonly bounds: readonly StreamBound[];
  /** The least of the bounds: it decides. */
  readonly bound: StreamBound;
  /** One more than are needed: with one gone the others carry all. */
  readonly replicas: number;
  readonly streamsPerReplica: number;
  readonly streamsAfterLoss: number;
  /** Busy cores, of all replicas. */
  readonly busyCores: number;
  readonly cores: number;
  /** Of a replica, once another is gone. */
  readonly memoryBytesPerReplica: number;
  readonly networkBytesPerSecondPerReplica: number;
  readonly networkBytesPerSecond: number;
  /** Of a change, on a replica, to its last stream; left out: not measured. */
  readonly fanOutMs?: number;
  /** A replica dies: until all of its streams are synced elsewhere, by the CPU that it takes. */
  readonly reconnectSeconds: number;
  readonly relay: { readonly fanOut: number; readonly tiers: readonly number[] };
}

const US_PER_CORE = 1e6;
/** More levels would be a mistake in the numbers. */
const MAX_TIERS = 10;

/**
 * Turns costs and demand into a plan.
 *
 * @throws BenchError `bad-plan`: no number of replicas of this size suffices, with what to change
 */
export function planCapacity(costs: Costs, demand: Demand): Capacity {
  const { proxies, changesPerSecond, pushBytes, interested, coresPerReplica, headroom } = demand;
  const pushUs = pushUsOf(costs, pushBytes);
  const pushesPerProxy = changesPerSecond * interested;
  const bounds = boundsOf(costs, demand, pushUs);
  const bound = bounds.reduce((least, one) => (one.streams < least.streams ? one : least));
  if (bound.streams < 1) {
    throw new BenchError(
      "bad-plan",
      `a replica of ${coresPerReplica} cores can't carry one proxy: ${bound.by}: ${bound.formula}: give it more, or change less`,
    );
  }
  const replicas = Math.ceil(proxies / bound.streams) + 1;
  const streamsPerReplica = Math.ceil(proxies / replicas);
  const streamsAfterLoss = Math.ceil(proxies / (replicas - 1));
  const changeCores = (changesPerSecond * costs.cpu.changeUs * coresPerReplica) / US_PER_CORE;
  const busyAfterLoss = (streamsAfterLoss * pushesPerProxy * pushUs) / US_PER_CORE + changeCores;
  const reconnecting = streamsPerReplica / (replicas - 1);
  const { fanOut } = costs;
  return {
    pushUs,
    pushesPerSecond: proxies * pushesPerProxy,
    bounds,
    bound,
    replicas,
    streamsPerReplica,
    streamsAfterLoss,
    busyCores: (proxies * pushesPerProxy * pushUs) / US_PER_CORE + replicas * changeCores,
    cores: replicas * coresPerReplica,
    memoryBytesPerReplica: memoryBytesOf(costs, streamsAfterLoss, coresPerReplica),
    networkBytesPerSecondPerReplica: streamsAfterLoss * pushesPerProxy * pushBytes,
    networkBytesPerSecond: proxies * pushesPerProxy * pushBytes,
    ...(fanOut && {
      fanOutMs: fanOut.fixedMs + (fanOut.streamMs * streamsPerReplica * interested) / coresPerReplica,
    }),
    reconnectSeconds: (reconnecting * costs.connectUs) / US_PER_CORE / (coresPerReplica - busyAfterLoss),
    relay: relaysFor(replicas, demand.relayFanOut ?? fanOutOfCore(costs, demand, pushUs, headroom)),
  };
}

function boundsOf(costs: Costs, demand: Demand, pushUs: number): readonly StreamBound[] {
  const { changesPerSecond: rate, interested, pushBytes, coresPerReplica: cores, headroom } = demand;
  const { cpu, memory, fanOut, measuredStreams } = costs;
  const pushes = rate * interested;
  const bounds: StreamBound[] = [];
  const add = (by: StreamBound["by"], streams: number, formula: string) =>
    bounds.push({ by, streams: Math.max(0, Math.floor(streams)), formula });
  const n = formatNumber;

  if (rate > 0) {
    const budget = cores * (1 - headroom) - (rate * cpu.changeUs * cores) / US_PER_CORE;
    const spent = cpu.changeUs > 0 ? ` − ${n(rate)}/s × ${n(cpu.changeUs)} µs a change × ${cores}` : "";
    add(
      "CPU",
      (budget * US_PER_CORE) / (pushes * pushUs),
      `(${cores} cores × ${n((1 - headroom) * 100)} %${spent}) ÷ (${n(pushes)}/s × ${n(pushUs)} µs)`,
    );
  }
  if (demand.memoryBytes !== undefined) {
    const process = memory.idleBytes + memory.workingBytes;
    add(
      "memory",
      (demand.memoryBytes - cores * process) / memory.streamBytes,
      `(${formatBytes(demand.memoryBytes)} − ${cores} × ${formatBytes(process)}) ÷ ${formatBytes(memory.streamBytes)}`,
    );
  }
  if (demand.networkBytesPerSecond !== undefined && rate > 0) {
    add(
      "network",
      demand.networkBytesPerSecond / (pushes * pushBytes),
      `${formatBytes(demand.networkBytesPerSecond)}/s ÷ (${n(pushes)}/s × ${n(pushBytes / 1_000)} KB)`,
    );
  }
  if (demand.fanOutMs !== undefined) {
    if (fanOut === undefined) {
      const run = "run `npm run bench:peers -- --only fairlead --rows fanout-15000`";
      throw new BenchError("bad-plan", `--fan-out: how long a change takes to all streams was not measured: ${run}`);
    }
    add(
      "fan-out",
      ((demand.fanOutMs - fanOut.fixedMs) / (fanOut.streamMs * interested)) * cores,
      `(${n(demand.fanOutMs)} ms − ${n(fanOut.fixedMs)} ms) ÷ ${n(fanOut.streamMs * interested)} ms a stream × ${cores}`,
    );
  }
  add(
    "measured",
    measuredStreams * cores,
    `${n(measuredStreams)} streams a core, the most that was measured × ${cores}`,
  );
  return bounds;
}

/** Replicas that one core of an upstream can feed: to it a replica is a proxy that wants everything. */
function fanOutOfCore(costs: Costs, { changesPerSecond }: Demand, pushUs: number, headroom: number): number {
  if (changesPerSecond === 0) return costs.measuredStreams;
  const streams = ((1 - headroom) * US_PER_CORE) / (changesPerSecond * pushUs);
  return Math.max(2, Math.min(costs.measuredStreams, Math.floor(streams)));
}

/** The nodes of each level between the one upstream and the replicas, from below; none where it feeds them itself. */
function relaysFor(replicas: number, fanOut: number): Capacity["relay"] {
  const tiers: number[] = [];
  for (let width = replicas; width > fanOut && tiers.length < MAX_TIERS; ) {
    width = Math.ceil(width / fanOut);
    tiers.push(width);
  }
  return { fanOut, tiers };
}
