import type { Findings, GrpcImplementation } from "./fault.ts";
import { type IgnoredFields, tellIgnored } from "./ignored-fields.ts";
import { type Json, listIn, messageIn, textIn, typeIn } from "./json.ts";
import { isOverAds } from "./listener.ts";
import { checkClientTls } from "./tls.ts";

const AGGREGATE = "envoy.extensions.clusters.aggregate.v3.ClusterConfig";

/** Policies of `lb_policy`, and who has them. */
const LEGACY_POLICIES: ReadonlyMap<string, readonly GrpcImplementation[]> = new Map([
  ["ROUND_ROBIN", ["go", "java", "node", "cpp"]],
  ["RING_HASH", ["go", "java", "node", "cpp"]],
  ["LEAST_REQUEST", ["go", "java"]],
]);
const POLICIES = "envoy.extensions.load_balancing_policies";
const RING_HASH = `${POLICIES}.ring_hash.v3.RingHash`;
/** Policies of `load_balancing_policy` (gRFC A52), and who has them without an environment variable. */
const KNOWN_POLICIES: ReadonlyMap<string, readonly GrpcImplementation[]> = new Map([
  [`${POLICIES}.round_robin.v3.RoundRobin`, ["go", "java", "node", "cpp"]],
  [`${POLICIES}.wrr_locality.v3.WrrLocality`, ["go", "java", "node", "cpp"]],
  [RING_HASH, ["go", "java", "node", "cpp"]],
  [`${POLICIES}.least_request.v3.LeastRequest`, ["go", "java"]],
  [`${POLICIES}.pick_first.v3.PickFirst`, ["go", "java", "cpp"]],
  [`${POLICIES}.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin`, ["go", "java", "cpp"]],
]);
const CLIENTS: readonly GrpcImplementation[] = ["go", "java", "node", "cpp"];

const CLUSTER_FIELDS: IgnoredFields = {
  healthChecks: "gRPC takes health from endpoints, and from outlier_detection",
  maxRequestsPerConnection: "",
  upstreamConnectionOptions: "",
  lbSubsetConfig: "",
  dnsLookupFamily: "",
  dnsRefreshRate: "",
  preconnectPolicy: "",
  connectionPoolPerDownstreamConnection: "",
};
const OUTLIER_FIELDS: IgnoredFields = {
  consecutive5xx: "gRPC ejects by success rate and failure percentage",
  consecutiveGatewayFailure: "gRPC ejects by success rate and failure percentage",
  consecutiveLocalOriginFailure: "gRPC ejects by success rate and failure percentage",
  enforcingConsecutive5xx: "",
  enforcingConsecutiveGatewayFailure: "",
  splitExternalLocalOriginErrors: "",
};
const THRESHOLD_FIELDS: IgnoredFields = {
  maxConnections: "gRPC limits max_requests only",
  maxPendingRequests: "gRPC limits max_requests only",
  maxRetries: "",
  retryBudget: "",
  maxConnectionPools: "",
};

/** A cluster (gRFC A27, A32, A37, A42, A50, A52). */
export function checkCluster(findings: Findings, cluster: Json): void {
  checkType(findings, cluster);
  checkPolicy(findings, cluster);
  if (cluster.lrsServer !== undefined && messageIn(cluster, "lrsServer").self === undefined) {
    findings.refused("lrs-server", "/lrsServer", "loads are reported to the same server: write `self: {}`", "A27");
  }
  if (cluster.transportSocketMatches !== undefined) {
    const at = "/transportSocketMatches";
    findings.refused("transport-socket", at, "gRPC has one transport_socket for all endpoints", "A29", [
      "go",
      "java",
      "cpp",
    ]);
  }
  if (cluster.transportSocket !== undefined)
    checkClientTls(findings, messageIn(cluster, "transportSocket"), "/transportSocket");
  for (const [threshold, at] of listIn(messageIn(cluster, "circuitBreakers"), "thresholds", "/circuitBreakers")) {
    if (textIn(threshold, "priority") === "HIGH")
      findings.ignored("field", at, "gRPC has the priority DEFAULT only", "A32");
    else tellIgnored(findings, threshold, at, THRESHOLD_FIELDS, "A32");
  }
  checkOutliers(findings, cluster);
  tellIgnored(findings, messageIn(cluster, "outlierDetection"), "/outlierDetection", OUTLIER_FIELDS, "A50");
  tellIgnored(findings, cluster, "", CLUSTER_FIELDS, "A27");
}

function checkType(findings: Findings, cluster: Json): void {
  const custom = messageIn(cluster, "clusterType");
  if (cluster.clusterType !== undefined) {
    if (typeIn(messageIn(custom, "typedConfig")) === AGGREGATE) return;
    findings.refused("cluster-type", "/clusterType", TYPES, "A37");
    return;
  }
  const type = textIn(cluster, "type") || "STATIC";
  if (type === "LOGICAL_DNS") checkDns(findings, cluster);
  else if (type !== "EDS") findings.refused("cluster-type", cluster.type === undefined ? "" : "/type", TYPES, "A27");
  else {
    const eds = messageIn(cluster, "edsClusterConfig");
    if (!isOverAds(messageIn(eds, "edsConfig"))) {
      const message = "endpoints come over the same stream: write `ads: {}` or `self: {}`";
      findings.refused("config-source", "/edsClusterConfig/edsConfig", message, "A27");
    }
    if (textIn(cluster, "name").startsWith("xdstp:") && textIn(eds, "serviceName") === "") {
      findings.refused("service-name", "/edsClusterConfig", "a cluster with an xdstp name has a service_name", "A47");
    }
  }
}

const TYPES = "gRPC knows clusters of type EDS, LOGICAL_DNS and aggregate";

function checkDns(findings: Findings, cluster: Json): void {
  const at = "/loadAssignment";
  const localities = listIn(messageIn(cluster, "loadAssignment"), "endpoints", at);
  const endpoints = localities.flatMap(([locality, below]) => listIn(locality, "lbEndpoints", below));
  if (localities.length !== 1 || endpoints.length !== 1) {
    findings.refused("logical-dns", at, "a LOGICAL_DNS cluster has one locality with one endpoint", "A37");
  }
}

/** grpc-js 1.14 lets what is not set here replace its own defaults, and divides by hosts that it then lacks. */
function checkOutliers(findings: Findings, cluster: Json): void {
  const outliers = messageIn(cluster, "outlierDetection");
  const isRisky = outliers.enforcingSuccessRate !== 0 && outliers.successRateMinimumHosts === undefined;
  if (cluster.outlierDetection === undefined || !isRisky) return;
  const message =
    "grpc-js ends with a TypeError at the first interval: set success_rate_minimum_hosts and " +
    "success_rate_request_volume, or enforcing_success_rate to 0";
  findings.refused("outlier-detection", "/outlierDetection", message, "A50", ["node"]);
}

function checkPolicy(findings: Findings, cluster: Json): void {
  if (cluster.loadBalancingPolicy !== undefined) {
    const policies = listIn(messageIn(cluster, "loadBalancingPolicy"), "policies", "/loadBalancingPolicy");
    const types = policies.map(([policy]) =>
      typeIn(messageIn(messageIn(policy, "typedExtensionConfig"), "typedConfig")),
    );
    const lacking = CLIENTS.filter((client) => !types.some((type) => KNOWN_POLICIES.get(type)?.includes(client)));
    for (const [policy, at] of policies) {
      const config = messageIn(messageIn(policy, "typedExtensionConfig"), "typedConfig");
      if (typeIn(config) !== RING_HASH || config.hashFunction === "XX_HASH") continue;
      const message = "set hash_function to XX_HASH: gRPC has no other, and does not take it for the default";
      findings.refused("ring-hash", `${at}/typedExtensionConfig/typedConfig`, message, "A52");
    }
    if (lacking.length > 0) {
      const message = "none of these policies is known: end the list with round_robin";
      findings.refused("lb-policy", "/loadBalancingPolicy/policies", message, "A52", lacking);
    }
    return;
  }
  const policy = textIn(cluster, "lbPolicy") || "ROUND_ROBIN";
  const lacking = CLIENTS.filter((client) => !LEGACY_POLICIES.get(policy)?.includes(client));
  if (lacking.length > 0) {
    const message = `${policy} is not known: take ROUND_ROBIN or RING_HASH, or set load_balancing_policy, which goes before`;
    findings.refused("lb-policy", "/lbPolicy", message, "A42", lacking);
  }
  const hash = textIn(messageIn(cluster, "ringHashLbConfig"), "hashFunction");
  if (policy === "RING_HASH" && hash !== "" && hash !== "XX_HASH") {
    findings.refused("ring-hash", "/ringHashLbConfig/hashFunction", "gRPC hashes by XX_HASH only", "A42");
  }
}
