import { certificates } from "./certificates.ts";
import type { Contestant } from "./contestants.ts";
import type { Row } from "./rows.ts";
import type { Running } from "./start-contestant.ts";

/** The plan of one run, as a user would write it. */
export function planOf(contestant: Contestant, row: Row, server: Running): Readonly<Record<string, unknown>> {
  const control = `http://127.0.0.1:${server.controlPort}`;
  return {
    name: `${row.id}, ${contestant.id}`,
    target: `127.0.0.1:${server.xdsPort}`,
    // Checking the server's certificate would cost the load generator more than connecting: it is the server that is measured.
    ...(row.isTls && { tls: { ...certificates().client, insecure: true } }),
    protocol: contestant.protocol === "raw" ? "raw" : row.protocol,
    streams: row.streams,
    ...(row.streamsPerConnection !== undefined && { streamsPerConnection: row.streamsPerConnection }),
    workload: {
      ...{ type: row.type, count: row.resources, endpoints: row.endpoints, change: row.change },
      ...(row.window && { subscribe: row.window.each, stride: row.window.stride }),
    },
    driver:
      contestant.control === "fairlead"
        ? { kind: "fairlead", admin: control }
        : { kind: "http", change: `POST ${control}/change?sequence={sequence}&resource={indices}` },
    scenario: withWarmup(row.scenario, contestant.warmupSeconds),
    generators: 1,
    server: { pid: server.pid },
  };
}

/** Scenarios without a warm-up have none to lengthen. */
function withWarmup(scenario: Row["scenario"], seconds: number | undefined): Row["scenario"] {
  return seconds === undefined || scenario.warmup === undefined ? scenario : { ...scenario, warmup: `${seconds}s` };
}
