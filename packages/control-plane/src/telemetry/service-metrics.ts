import type { ClusterStats } from "@fairlead/envoy-api/envoy/config/endpoint/v3/load_report_pb";
import { type AccessLogCommon, AccessLogType } from "@fairlead/envoy-api/envoy/data/accesslog/v3/accesslog_pb";
import type { Reporter } from "@fairlead/xds";
import { Counter, Gauge, type Registry } from "@prometheus-io/client";
import { createBoundedLabels } from "./bounded-labels.ts";
import { listen } from "./listen.ts";

/** The most clusters that get a label of their own. */
const MAX_CLUSTERS = 200;

/** Whether a group holds a cluster of that name. */
export type HasCluster = (group: string, cluster: string) => boolean;

/** Counts what the gRPC services beside discovery do. Returns the functions that stop it. */
export function countServices(registry: Registry, hasCluster: HasCluster): (() => void)[] {
  const labelOf = createClusterLabels(hasCluster);
  return [...countCalls(registry), ...countLoad(registry, labelOf), ...countEntries(registry, labelOf)];
}

/** By method: only those that are served have calls, so they are few. */
function countCalls(registry: Registry): (() => void)[] {
  const registers = [registry];
  const open = new Gauge({
    name: "fairlead_xds_calls",
    help: "Open calls of the services beside discovery, by method.",
    labelNames: ["method"],
    registers,
  });
  const opened = new Counter({
    name: "fairlead_xds_calls_total",
    help: "Calls of the services beside discovery, by method.",
    labelNames: ["method"],
    registers,
  });
  return [
    listen("fairlead:xds:call-opened", ({ path }) => {
      const method = path.slice(1);
      open.inc({ method });
      opened.inc({ method });
    }),
    listen("fairlead:xds:call-closed", ({ path }) => open.dec({ method: path.slice(1) })),
  ];
}

function countLoad(registry: Registry, labelOf: ClusterLabel): (() => void)[] {
  const requests = new Counter({
    name: "fairlead_load_requests_total",
    help: "Requests of proxies as their load reports tell, by cluster and result (success, error, dropped).",
    labelNames: ["cluster", "result"],
    registers: [registry],
  });
  return [
    listen("fairlead:xds:load-reported", ({ clusters, ...reporter }) => {
      for (const stats of clusters) {
        const cluster = labelOf(reporter, stats.clusterName);
        for (const [result, count] of Object.entries(resultsOf(stats))) requests.inc({ cluster, result }, count);
      }
    }),
  ];
}

function resultsOf({ upstreamLocalityStats, totalDroppedRequests }: ClusterStats): Readonly<Record<string, number>> {
  const sum = { success: 0, error: 0, dropped: Number(totalDroppedRequests) };
  for (const { totalSuccessfulRequests, totalErrorRequests } of upstreamLocalityStats) {
    sum.success += Number(totalSuccessfulRequests);
    sum.error += Number(totalErrorRequests);
  }
  return sum;
}

function countEntries(registry: Registry, labelOf: ClusterLabel): (() => void)[] {
  const registers = [registry];
  const entries = new Counter({
    name: "fairlead_access_log_entries_total",
    help: "Entries of proxies' access logs, by protocol (http, tcp).",
    labelNames: ["protocol"],
    registers,
  });
  const requests = new Counter({
    name: "fairlead_access_log_requests_total",
    help: "HTTP requests that ended, as proxies' access logs tell, by cluster and class of the response code.",
    labelNames: ["cluster", "code"],
    registers,
  });
  return [
    listen("fairlead:xds:access-logged", ({ http, tcp, ...reporter }) => {
      if (http.length > 0) entries.inc({ protocol: "http" }, http.length);
      if (tcp.length > 0) entries.inc({ protocol: "tcp" }, tcp.length);
      for (const { commonProperties, response } of http) {
        if (!commonProperties || !isEnd(commonProperties)) continue;
        const cluster = labelOf(reporter, commonProperties.upstreamCluster);
        requests.inc({ cluster, code: classOf(response?.responseCode) });
      }
    }),
  ];
}

/** Whether an entry tells of a request's end, and of the downstream's: others tell of the same request. */
function isEnd({ intermediateLogEntry, accessLogType }: AccessLogCommon): boolean {
  if (intermediateLogEntry) return false;
  return accessLogType === AccessLogType.NotSet || accessLogType === AccessLogType.DownstreamEnd;
}

/** `2xx` and so on; `none`: the client was sent no answer. */
function classOf(code: number | undefined): string {
  return code !== undefined && code >= 100 && code < 600 ? `${Math.trunc(code / 100)}xx` : "none";
}

type ClusterLabel = (reporter: Reporter, cluster: string) => string;

/**
 * A proxy may claim any name: only clusters that its group holds get a label, and not without end. `none`: Envoy names no
 * cluster where a request reached no host.
 */
function createClusterLabels(hasCluster: HasCluster): ClusterLabel {
  const bounded = createBoundedLabels(MAX_CLUSTERS, (cluster) => cluster);
  return ({ group }, cluster) => {
    if (cluster === "") return "none";
    return group !== undefined && hasCluster(group, cluster) ? bounded(cluster) : "other";
  };
}
