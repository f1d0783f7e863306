import type { Message } from "@bufbuild/protobuf";
import type { Reference } from "../facts.ts";
import { TYPE_URLS } from "../type-urls.ts";

/** The part of an `envoy.config.cluster.v3.Cluster` that says how it warms. */
interface WarmingCluster {
  readonly healthChecks: readonly unknown[];
  readonly clusterDiscoveryType: { readonly case: string | undefined; readonly value?: unknown };
}

const STRICT_DNS = 1;
const LOGICAL_DNS = 2;

/** Custom clusters that need nothing to be resolved before use. */
const READY_AT_ONCE: ReadonlySet<string> = new Set([
  "envoy.clusters.aggregate",
  "envoy.clusters.dynamic_forward_proxy",
  "envoy.clusters.static",
  "envoy.clusters.eds",
]);

/**
 * True for a cluster that becomes usable without a sign on a stream of its own: it resolves names, checks health, or
 * waits for secrets.
 */
export function warmsSilently(cluster: Message, references: readonly Reference[]): boolean {
  const { healthChecks, clusterDiscoveryType: type } = cluster as Message & WarmingCluster;
  if (healthChecks.length > 0) return true;
  if (type.case === "type" && (type.value === STRICT_DNS || type.value === LOGICAL_DNS)) return true;
  if (type.case === "clusterType" && !READY_AT_ONCE.has((type.value as { name: string }).name)) return true;
  return references.some((it) => it.typeUrl === TYPE_URLS.secret);
}
