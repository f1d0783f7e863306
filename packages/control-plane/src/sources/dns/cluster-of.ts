import { TYPE_URLS } from "@fairlead/envoy-api";
import type { DnsSourceConfig } from "../../config/sources-schema.ts";
import type { FoundEndpoint } from "./lookup.ts";

/** One of `clusters:` of a DNS source. */
export type DnsCluster = DnsSourceConfig["clusters"][number];

/** Its name. */
export function clusterName({ name, query }: DnsCluster): string {
  return name ?? query.replace(/\.$/, "");
}

/** The cluster as JSON; its endpoints come by EDS. */
export function clusterJson(cluster: DnsCluster): object {
  return {
    type: "EDS",
    connectTimeout: "5s",
    edsClusterConfig: { edsConfig: { ads: {}, resourceApiVersion: "V3" } },
    ...cluster.cluster,
    "@type": TYPE_URLS.cluster,
    name: clusterName(cluster),
  };
}

/** Its endpoints as JSON; an address and port that is there twice is told once, where it goes first: gRPC refuses all of them else. */
export function endpointsJson(cluster: DnsCluster, all: readonly FoundEndpoint[]): object {
  const byAddress = new Map<string, FoundEndpoint>();
  for (const one of all) {
    const key = `${one.address} ${one.port}`;
    const known = byAddress.get(key);
    if (!known || one.priority < known.priority) byAddress.set(key, one);
  }
  const found = [...byAddress.values()];
  const byPriority = Map.groupBy(found, ({ priority }) => priority);
  const isWeighted = new Set(found.map(({ weight }) => weight)).size > 1;
  // Envoy wants priorities without gaps; SRV may leave some.
  const priorities = [...byPriority.keys()].sort((a, b) => a - b);
  const endpoints = priorities.map((priority, rank) => ({
    ...(rank > 0 && { priority: rank }),
    lbEndpoints: byPriority.get(priority)!.map(({ address, port, weight }) => ({
      endpoint: { address: { socketAddress: { address, portValue: port } } },
      // 0 is "rarely" in SRV, and not allowed in Envoy.
      ...(isWeighted && { loadBalancingWeight: Math.max(1, weight) }),
    })),
  }));
  return { "@type": TYPE_URLS.endpoints, clusterName: clusterName(cluster), endpoints };
}
