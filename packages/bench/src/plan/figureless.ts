import type { PlanFile } from "./schema.ts";

/** Of the healthy streams' latencies: they are told from the time of a change. */
const OF_CHANGES = /^(p\d+|max|mean|acked_\w+|fleet_\w+)$/;
const OF_SERVER = /^(sync_cpu_us|cpu_us_per_push|cpu_share|rss_\w+)$/;

/** The metric is a figure of the server's process. */
export function isOfServer(metric: string): boolean {
  return OF_SERVER.test(metric);
}

/** Why a run of this plan can have no figure for a metric, and what mends it; `undefined`: it can. */
export function whyFigureless(metric: string, file: PlanFile): string | undefined {
  const { driver, scenario, workload, server } = file;
  const isLatency = OF_CHANGES.test(metric);
  if (isLatency || metric === "driver_p99") {
    if (driver.kind === "none") {
      return `${metric} needs a driver that changes the server: --driver fairlead, registry, http or exec`;
    }
    if (scenario.kind === "connect") {
      return `${metric} needs changes, and the scenario connect makes none: --scenario steady`;
    }
    if (isLatency && workload.recognise === "bytes") {
      return `${metric} needs changes that are recognised by their mark: leave recognise: bytes out`;
    }
  }
  if (isOfServer(metric) && server.pid === undefined && server.prometheus === undefined) {
    return `${metric} is a figure of the server: it needs --pid or --prometheus`;
  }
  if (metric.startsWith("resync_") && scenario.kind !== "reconnect") {
    return `${metric} needs connections that are cut: --scenario reconnect`;
  }
  if (metric === "resubscribed_p99" && !("churn" in scenario && (scenario.churn?.subscriptions ?? 0) > 0)) {
    return `${metric} needs subscriptions that change: give scenario.churn.subscriptions, such as 10/s`;
  }
  if (metric === "search_best" && scenario.kind !== "search") {
    return `${metric} needs a search: --scenario search`;
  }
  return undefined;
}
