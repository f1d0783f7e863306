import type { PhaseResult, RegistryResult } from "./run.ts";

/** A run in words, a line for each figure. */
export function formatRegistryResult({ plan, phases }: RegistryResult): string {
  const { instances, services, way, connections, batch } = plan;
  const head = `${instances} instances of ${services} services, by ${way}: ${connections} ${way === "stream" ? "streams" : "connections"}, ${batch} to a message`;
  return `${[head, ...phases.flatMap(linesOf)].join("\n")}\n`;
}

const NAMES = { register: "registrations", heartbeat: "heartbeats", deregister: "deregistrations" } as const;

function linesOf(phase: PhaseResult): string[] {
  const { kind, instances, messages, refused, why, tookMs, latency, lateness, used, commits } = phase;
  const perSecond = Math.round(instances / (tookMs / 1_000));
  const lines = [
    `${NAMES[kind]}: ${instances} in ${(tookMs / 1_000).toFixed(2)} s, ${perSecond}/s, ${messages} messages`,
  ];
  if (latency) lines.push(`  latency      p50 ${ms(latency.p50)}, p99 ${ms(latency.p99)}, max ${ms(latency.max)}`);
  if (lateness)
    lines.push(
      `  tester late  p50 ${ms(lateness.p50)}, p99 ${ms(lateness.p99)}, max ${ms(lateness.max)} (is in the latency)`,
    );
  if (used) {
    const perCore =
      used.cpuMs > 0 ? `, ${Math.round(instances / (used.cpuMs / 1_000))} ${NAMES[kind]} per core and second` : "";
    const memory = `${Math.round(used.rssBytes / 1e6)} MB`;
    lines.push(`  server       ${(used.cores * 100).toFixed(1)} % of a core${perCore}, ${memory}`);
  }
  if (commits !== null) lines.push(`  store        ${commits} commits`);
  if (refused > 0) lines.push(`  REFUSED      ${refused}; the first: ${why}`);
  return lines;
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 1)} ms`;
}
