import { readFileSync } from "node:fs";
import { BenchError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";

/**
 * Says before a run whether this machine has a port for each connection: all go to one target.
 *
 * @param ports that outgoing connections may use; default: `net.ipv4.ip_local_port_range`
 * @throws BenchError `generator-failed`, with the mend
 */
export function checkPorts({ streams, streamsPerConnection, target }: Plan, ports = readPorts()): void {
  const connections = Math.ceil(streams / streamsPerConnection);
  if (connections <= ports) return;
  throw new BenchError(
    "generator-failed",
    `${connections} connections to ${target.host}:${target.port} need a port each, and this machine has ${ports} for one target: ` +
      `let more streams share a connection (streamsPerConnection ${Math.ceil(streams / Math.max(1, ports))}), or widen ` +
      "net.ipv4.ip_local_port_range",
  );
}

function readPorts(): number {
  try {
    const [first = 0, last = 0] = readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8")
      .split(/\s+/)
      .map(Number);
    return last - first + 1;
  } catch {
    return Number.POSITIVE_INFINITY; // no /proc: connecting will tell
  }
}
