import type { Findings } from "./fault.ts";
import { type IgnoredFields, tellIgnored } from "./ignored-fields.ts";
import { type Json, listIn, messageIn, textIn } from "./json.ts";

/** A route configuration (gRFC A28, A31, A42, A44). */
export function checkRoutes(findings: Findings, configuration: Json, pointer: string): void {
  tellIgnored(findings, configuration, pointer, HEADER_FIELDS, "A28");
  for (const [host, at] of listIn(configuration, "virtualHosts", pointer)) {
    tellIgnored(findings, host, at, HOST_FIELDS, "A28");
    checkDomains(findings, host, at);
    checkRetry(findings, messageIn(host, "retryPolicy"), `${at}/retryPolicy`);
    for (const [route, routeAt] of listIn(host, "routes", at)) checkRoute(findings, route, routeAt);
  }
}

const HEADER_FIELDS: IgnoredFields = {
  requestHeadersToAdd: "",
  requestHeadersToRemove: "",
  responseHeadersToAdd: "",
  responseHeadersToRemove: "",
};
const HOST_FIELDS: IgnoredFields = {
  ...HEADER_FIELDS,
  requireTls: "clients use TLS by the cluster's transport_socket",
  rateLimits: "",
  cors: "",
  requestMirrorPolicies: "",
  hedgePolicy: "",
  vhds: "",
};
const ROUTE_FIELDS: IgnoredFields = { ...HEADER_FIELDS, decorator: "", tracing: "" };
const ACTION_FIELDS: IgnoredFields = {
  timeout: "use max_stream_duration (gRFC A31)",
  idleTimeout: "use max_stream_duration (gRFC A31)",
  maxGrpcTimeout: "use max_stream_duration.grpc_timeout_header_max (gRFC A31)",
  grpcTimeoutOffset: "",
  prefixRewrite: "",
  regexRewrite: "",
  pathRewritePolicy: "",
  hostRewriteLiteral: "",
  hostRewriteHeader: "",
  hostRewritePathRegex: "",
  requestMirrorPolicies: "",
  rateLimits: "",
  cors: "",
  upgradeConfigs: "",
  internalRedirectPolicy: "",
  hedgePolicy: "",
  metadataMatch: "gRPC knows no subsets",
};
const RETRY_FIELDS: IgnoredFields = {
  perTryTimeout: "",
  perTryIdleTimeout: "",
  retryPriority: "",
  retryHostPredicate: "",
  hostSelectionRetryMaxAttempts: "",
  retriableStatusCodes: "gRPC retries by gRPC status, in retry_on",
  rateLimitedRetryBackOff: "",
  retriableHeaders: "",
  retriableRequestHeaders: "",
};

function checkDomains(findings: Findings, host: Json, pointer: string): void {
  const domains = Array.isArray(host.domains) ? (host.domains as readonly string[]) : [];
  for (const [index, domain] of domains.entries()) {
    if (/^\*?[^*]*\*?$/.test(domain) && (domain === "*" || domain.split("*").length <= 2)) continue;
    const message = `the domain ${domain} may have one \`*\`, first or last`;
    findings.refused("domain", `${pointer}/domains/${index}`, message, "A28");
  }
}

function checkRoute(findings: Findings, route: Json, pointer: string): void {
  const match = messageIn(route, "match");
  const isByPath = ["prefix", "path", "safeRegex"].some((field) => match[field] !== undefined);
  if (!isByPath) {
    findings.refused("path", `${pointer}/match`, "gRPC matches paths by prefix, path or safe_regex only", "A28");
  }
  if (match.queryParameters !== undefined) {
    const at = `${pointer}/match/queryParameters`;
    const message = "a route that matches query parameters is passed over, as gRPC has none";
    findings.ignored("query-parameters", at, message, "A28", ["go", "java", "cpp"]);
    const danger = "grpc-js passes over the condition, and takes the route for every call that fits its path";
    findings.ignored("query-parameters", at, danger, "A28", ["node"]);
  }
  for (const [header, at] of listIn(match, "headers", `${pointer}/match`)) {
    if (header.containsMatch !== undefined) {
      findings.refused("header", at, "write string_match.contains in place of contains_match", "A28", ["node"]);
    }
  }
  tellIgnored(findings, route, pointer, ROUTE_FIELDS, "A28");
  if (route.route !== undefined) checkAction(findings, messageIn(route, "route"), `${pointer}/route`);
  else if (route.nonForwardingAction !== undefined) {
    const message =
      "this is for servers: calls of clients that come here fail, and a grpc-js client ends with a TypeError";
    findings.ignored("non-forwarding", `${pointer}/nonForwardingAction`, message, "A36");
  } else {
    const message = "gRPC can only forward, by `route`: calls that come here fail";
    findings.refused("action", pointer, message, "A28", ["java", "node"]);
    findings.ignored("action", pointer, message, "A28", ["go", "cpp"]);
  }
}

function checkAction(findings: Findings, action: Json, pointer: string): void {
  tellIgnored(findings, action, pointer, ACTION_FIELDS, "A28");
  checkRetry(findings, messageIn(action, "retryPolicy"), `${pointer}/retryPolicy`);
  if (action.clusterHeader !== undefined) {
    findings.ignored("cluster-header", `${pointer}/clusterHeader`, "a route by cluster_header is passed over", "A28");
  }
  if (action.clusterSpecifierPlugin !== undefined) {
    const message = "grpc-js has no cluster specifier plugins";
    findings.refused("cluster-specifier-plugin", `${pointer}/clusterSpecifierPlugin`, message, "A42", ["node"]);
  }
  if (action.weightedClusters !== undefined) {
    checkWeights(findings, messageIn(action, "weightedClusters"), `${pointer}/weightedClusters`);
  }
  for (const [policy, at] of listIn(action, "hashPolicy", pointer)) {
    const isChannel = textIn(messageIn(policy, "filterState"), "key") === "io.grpc.channel_id";
    if (policy.header !== undefined || isChannel) continue;
    findings.ignored("hash-policy", at, "gRPC hashes by header, or by filter_state io.grpc.channel_id", "A42");
  }
}

function checkWeights(findings: Findings, weighted: Json, pointer: string): void {
  const clusters = listIn(weighted, "clusters", pointer);
  const weights = clusters.map(([cluster]) => Number(cluster.weight ?? 0));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) findings.refused("weights", pointer, "the weights of the clusters add up to nothing", "A28");
  for (const [index, [cluster, at]] of clusters.entries()) {
    if (cluster.clusterHeader !== undefined) {
      findings.ignored("cluster-header", at, "a weighted cluster by cluster_header is not known to gRPC", "A28");
    } else if (weights[index] === 0 && total > 0) {
      findings.ignored("weight", at, "grpc-go does not even look up a cluster without weight", "A28", ["go"]);
    }
  }
}

const RETRY_ON: ReadonlySet<string> = new Set([
  "cancelled",
  "deadline-exceeded",
  "internal",
  "resource-exhausted",
  "unavailable",
]);

function checkRetry(findings: Findings, policy: Json, pointer: string): void {
  const reasons = textIn(policy, "retryOn").split(",").filter(Boolean);
  const unknown = reasons.filter((reason) => !RETRY_ON.has(reason.trim()));
  if (unknown.length > 0) {
    const message = `gRPC does not retry on ${unknown.join(", ")}, but on ${[...RETRY_ON].join(", ")}`;
    findings.ignored("retry-on", `${pointer}/retryOn`, message, "A44");
  }
  if (policy.numRetries === 0) {
    findings.refused("retries", `${pointer}/numRetries`, "num_retries is at least 1; leave the policy out", "A44");
  }
  const backOff = messageIn(policy, "retryBackOff");
  if (policy.retryBackOff !== undefined && backOff.baseInterval === undefined) {
    findings.refused("back-off", `${pointer}/retryBackOff`, "retry_back_off must have a base_interval", "A44");
  }
  tellIgnored(findings, policy, pointer, RETRY_FIELDS, "A44");
}
