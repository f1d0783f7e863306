import { findMetric } from "../results/metrics.ts";
import { formatBytes, formatNumber, formatValue } from "../results/units.ts";
import type { Capacity } from "./capacity.ts";
import type { Checked } from "./check.ts";
import type { Costs } from "./costs.ts";
import type { Demand } from "./demand.ts";

/** A plan for people: each line with the formula it comes from, and what nobody measured. */
export function formatCapacity(costs: Costs, demand: Demand, capacity: Capacity): string {
  const { proxies, changesPerSecond: rate, pushBytes, interested, coresPerReplica: cores, headroom } = demand;
  const { cpu, memory, fanOut, connectUs, from } = costs;
  const { replicas, streamsPerReplica, streamsAfterLoss, relay } = capacity;
  const n = formatNumber;
  const kb = pushBytes / 1_000;
  const toAll = interested === 1 ? "" : ` × ${n(interested * 100)} %`;
  const lines: (readonly [string, string, string | undefined])[] = [
    ["push + ACK", `${n(capacity.pushUs)} µs`, `${n(cpu.pushUs)} µs + ${n(cpu.perKbUs)} µs × ${n(kb)} KB`],
    ["pushes", `${n(capacity.pushesPerSecond)}/s`, `${n(proxies)} × ${n(rate)}/s${toAll}`],
    ...capacity.bounds.map(
      ({ by, streams, formula }) => [`proxies by ${by}`, `${n(streams)} a replica`, formula] as const,
    ),
    [
      "replicas",
      `${n(replicas)} of ${cores} cores`,
      `⌈${n(proxies)} ÷ ${n(capacity.bound.streams)}⌉ + 1, by ${capacity.bound.by}: with one gone the others carry all`,
    ],
    ["proxies each", n(streamsPerReplica), `${n(streamsAfterLoss)} with a replica gone`],
    [
      "busy cores",
      `${n(capacity.busyCores)} of ${n(capacity.cores)}`,
      `${n(capacity.pushesPerSecond)}/s × ${n(capacity.pushUs)} µs + ${n(replicas * cores)} processes × ${n(rate)}/s × ${n(cpu.changeUs)} µs`,
    ],
    [
      "memory",
      `${formatBytes(capacity.memoryBytesPerReplica)} a replica`,
      `${cores} × (${formatBytes(memory.idleBytes)} + ${formatBytes(memory.workingBytes)}) + ${n(streamsAfterLoss)} × ${formatBytes(memory.streamBytes)}`,
    ],
    [
      "network",
      `${formatBytes(capacity.networkBytesPerSecondPerReplica)}/s a replica`,
      `${n(streamsAfterLoss)} × ${n(rate)}/s${toAll} × ${n(kb)} KB; ${formatBytes(capacity.networkBytesPerSecond)}/s in all`,
    ],
    [
      "fan-out",
      capacity.fanOutMs === undefined ? "not measured" : formatValue(capacity.fanOutMs, "ms"),
      fanOut &&
        `${n(fanOut.fixedMs)} ms + ${n(fanOut.streamMs * 1_000)} µs × ${n(streamsPerReplica)}${toAll} ÷ ${cores}`,
    ],
    [
      "replica dies",
      `${formatValue(capacity.reconnectSeconds * 1_000, "ms")} until its proxies are synced`,
      `${n(streamsPerReplica)} ÷ ${n(replicas - 1)} × ${n(connectUs)} µs ÷ free cores; when they come back depends on the proxies`,
    ],
    [
      "relays",
      relay.tiers.length === 0 ? "none" : `${relay.tiers.map(n).join(", then ")}`,
      relay.tiers.length === 0
        ? `one upstream feeds ${n(replicas)} replicas; it could feed ${n(relay.fanOut)}`
        : `${n(replicas)} replicas, at most ${n(relay.fanOut)} below each`,
    ],
  ];
  const [names, values] = [0, 1].map((at) => Math.max(...lines.map((line) => line[at]!.length))) as [number, number];
  const table = lines.map(([name, value, how]) =>
    `  ${name.padEnd(names)}  ${value.padEnd(values)}${how ? `  = ${how}` : ""}`.trimEnd(),
  );
  const unknown = unknownOf(costs, demand);
  return `${[
    `${n(proxies)} proxies${costs.isTls ? " over mutual TLS" : ""}, ${n(rate)} changes a second, ${n(kb)} KB each, ${n(headroom * 100)} % of the cores kept free`,
    ...table,
    `measured: CPU ${from.cpu.join(", ")}; memory ${from.memory.join(", ")}; connections ${from.connect.join(", ")}${from.fanOut.length > 0 ? `; fan-out ${from.fanOut.join(", ")}` : ""}`,
    "unknown:",
    ...unknown.map((one) => `  - ${one}`),
  ].join("\n")}\n`;
}

/** What no measurement says: of the costs, and of this demand. */
export function unknownOf({ unknown, measuredBytes: [least, most] }: Costs, demand: Demand): readonly string[] {
  const { pushBytes, coresPerReplica } = demand;
  const isOutside = pushBytes < least || pushBytes > most;
  return [
    ...(isOutside
      ? [
          `pushes of ${formatBytes(pushBytes)}: measured were ${formatBytes(least)} to ${formatBytes(most)}, the rest is a straight line`,
        ]
      : []),
    ...(coresPerReplica > 1
      ? [
          `more than one core: ${coresPerReplica} are taken for ${coresPerReplica} processes of one, as they were measured; threads (\`serve --workers\`) share one engine`,
        ]
      : []),
    "another machine than the one measured: its CPU and network are others",
    "what a proxy is sent first, when it comes: taken for what connections were measured with",
    ...unknown,
  ];
}

/** What was predicted, what was found, and how far apart they are. */
export function formatChecked(checked: Checked): string {
  const { rows, worst, median } = checked;
  const width = Math.max(...rows.map(({ name }) => name.length));
  const metricWidth = Math.max(...rows.map(({ metric }) => metric.length));
  const lines = rows.map(({ name, metric, predicted, measured, error }) => {
    const unit = findMetric(metric)!.unit;
    const told = `predicted ${formatValue(predicted, unit).padStart(9)}  measured ${formatValue(measured, unit).padStart(9)}`;
    return `  ${name.padEnd(width)}  ${metric.padEnd(metricWidth)}  ${told}  error ${formatError(error).padStart(6)}`;
  });
  return `${[
    "check: what the costs say of measurements that they were not found from",
    ...lines,
    `error: median ${formatError(median)}, worst ${formatError(worst)}`,
  ].join("\n")}\n`;
}

function formatError(error: number): string {
  return `${error >= 0 ? "+" : "−"}${formatNumber(Math.abs(error) * 100)} %`;
}
