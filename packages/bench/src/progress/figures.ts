import type { LiveSample } from "../results/collector.ts";
import type { Unit } from "../results/metrics.ts";
import { formatNumber, formatValue } from "../results/units.ts";

/** A second in words: what comes, how late, what it costs. A line each. */
export function describeSample(sample: LiveSample): readonly [flow: string, latency: string, cost: string] {
  const { changesPerSecond, pushesPerSecond, bytesInPerSecond, open, behind, faults } = sample;
  // Latencies come with each change, counts once a second: until the first of them, nobody knows the rates.
  const isUncounted = pushesPerSecond === 0 && sample.p50Ms !== null;
  const flow = [
    open === 0 && pushesPerSecond === 0 ? "no streams yet" : `${formatNumber(open)} streams`,
    `${formatNumber(Math.round(changesPerSecond * 10) / 10)} changes/s`,
    `${isUncounted ? "-" : formatNumber(Math.round(pushesPerSecond))} pushes/s`,
    isUncounted ? "-" : `${formatValue(bytesInPerSecond, "bytes")}/s`,
  ];
  const latency = [
    `p50 ${show(sample.p50Ms, "ms")}`,
    `p99 ${show(sample.p99Ms, "ms")}`,
    `behind ${formatNumber(behind)}`,
    `faults ${formatNumber(faults)}`,
  ];
  const { serverCpuShare, serverRssBytes, generatorCpuShare } = sample;
  const isUnseen = serverCpuShare === null && serverRssBytes === null;
  const cost = [
    ...(isUnseen ? [] : [`server CPU ${show(serverCpuShare, "share")}`, `RSS ${show(serverRssBytes, "bytes")}`]),
    `generator CPU ${show(generatorCpuShare, "share")}`,
  ];
  return [flow.join("  "), latency.join("  "), cost.join("  ")];
}

function show(value: number | null, unit: Unit): string {
  return value === null ? "-" : formatValue(value, unit);
}
