import { isFine, type OurVerdict } from "./our-verdict.ts";

/** A kind of difference between our verdict and Envoy's; docs/validation.md says why each is there. */
export interface DifferenceKind {
  readonly id: string;
  readonly fits: (ours: OurVerdict, envoy: string | undefined) => boolean;
}

/** Where Envoy refuses what we take: it says so in these words. */
const ENVOY_REFUSES: Readonly<Record<string, RegExp>> = {
  address: /malformed IP address|^invalid ip\/mask combo/,
  reference: /unknown cluster '|must have a statically defined non-EDS cluster/,
  machine:
    /^Environment variable doesn't exist|^paths must refer to an existing path|^invalid (file )?path|^unable to read file|^file .* does not exist/i,
  syntax:
    /^path_match_policy\.path_template .* is invalid|^invalid hex string|^Invalid regex|^no argument for repetition/,
  "protected-header": /:-prefixed or host headers may not be/,
  "exclusive-fields":
    /Only one of .* can be specified|^Specify only one of|^Cannot specify both|^Cannot use \S+ with |^Exactly one of /,
  "cluster-type":
    /LB policy \w+ is not valid for Cluster type|cluster provided LB (not )?specified|^eds_cluster_config set in a non-EDS cluster|^cluster: load_balancing_policy cannot be combined|^LOGICAL_DNS clusters must have a single/,
  "across-fields":
    /max_interval (must|greater).*base_interval|fill timer must be >= 50ms|must be (greater|less) than or equal to the|cannot be smaller than|multiple filter chains with overlapping matching rules|expecting start < end|minimum_ring_size \(\d+\) > maximum_ring_size/,
  "missing-field": /^Field '\w+' is missing in/,
  "long-duration": /^Invalid duration: Duration out-of-range/,
  number: /table size of maglev must be prime/,
  "listener-socket": /connection-less UDP listener|only support same socket type/,
  extension: /^Didn't find a registered implementation/,
  tightened:
    /ClusterValidationError\.HealthChecks: value must contain no more|CertificateProviderPluginInstanceValidationError\.InstanceName/,
  "v2-transport": /^V2 xDS transport protocol version is deprecated/,
};

/** Rules of the default schema that Envoy 1.40 has loosened or dropped. */
export const LOOSENED: ReadonlySet<string> = new Set([
  "envoy.config.accesslog.v3.ResponseFlagFilter.flags",
  "envoy.config.core.v3.KeyValueAppend.entry",
  "envoy.config.core.v3.QuicKeepAliveSettings.initial_interval",
  "envoy.config.core.v3.QuicKeepAliveSettings.max_interval",
  "envoy.config.core.v3.QuicProtocolOptions.idle_network_timeout",
  "envoy.config.core.v3.RuntimeDouble.runtime_key",
  "envoy.config.core.v3.RuntimeFeatureFlag.runtime_key",
  "envoy.config.core.v3.RuntimePercent.runtime_key",
  "envoy.config.core.v3.RuntimeUInt32.runtime_key",
  "envoy.config.metrics.v3.HistogramBucketSettings.buckets",
  "envoy.config.trace.v3.ZipkinConfig.collector_cluster",
  "envoy.config.trace.v3.ZipkinConfig.collector_endpoint",
  "envoy.extensions.common.dynamic_forward_proxy.v3.DnsCacheConfig.dns_query_timeout",
  "envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.Entry.value",
  "envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig.MinimumRTTCalculationParams.interval",
  "envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute.disabled",
  "envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor.grpc_service",
  "envoy.extensions.filters.http.gcp_authn.v3.Audience.url",
  "envoy.extensions.filters.http.gcp_authn.v3.TokenHeader.name",
  "envoy.extensions.filters.http.ip_tagging.v3.IPTagging.ip_tags",
  "envoy.extensions.filters.http.jwt_authn.v3.JwtClaimToHeader.claim_name",
  "envoy.extensions.filters.http.lua.v3.LuaPerRoute.override",
  "envoy.extensions.filters.http.oauth2.v3.OAuth2Credentials.token_secret",
  "envoy.extensions.filters.http.on_demand.v3.OnDemandCds.source",
  "envoy.extensions.filters.network.http_connection_manager.v3.Rds.config_source",
  "envoy.extensions.geoip_providers.common.v3.CommonGeoipProviderConfig.geo_headers_to_add",
  "envoy.extensions.http.injected_credentials.oauth2.v3.OAuth2.ClientCredentials.client_secret",
  "envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig.resolvers",
  "envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig.max_heap_size_bytes",
  "envoy.extensions.transport_sockets.http_11_proxy.v3.Http11ProxyUpstreamTransport.transport_socket",
  "envoy.type.v3.TokenBucket.max_tokens",
  "xds.type.v3.CelExpression.expr_specifier",
]);

/** Messages of extensions that state rules which Envoy 1.40 does not apply when it loads them. */
const UNCHECKED: ReadonlySet<string> = new Set([
  "envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin",
  "envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig",
]);

/** Where we refuse what Envoy takes. */
const WE_REFUSE: Readonly<Record<string, (ours: OurVerdict) => boolean>> = {
  loosened: ({ faults, violations }) => faults.length === 0 && violations.every((it) => LOOSENED.has(it.member)),
  unchecked: ({ faults, violations }) =>
    faults.length === 0 && violations.every((it) => UNCHECKED.has(messageOf(it.member))),
  "array-for-object": ({ faults }) =>
    faults.length > 0 && faults.every((it) => it.code === "wrong_type" && it.message.endsWith("got an array")),
  nameless: ({ faults }) => faults.length > 0 && faults.every((it) => it.code === "missing_name"),
};

function messageOf(member: string): string {
  return member.slice(0, member.lastIndexOf("."));
}

/** Every kind of difference that is known. */
export const DIFFERENCE_KINDS: readonly DifferenceKind[] = [
  ...Object.entries(ENVOY_REFUSES).map(([id, words]) => ({
    id,
    fits: (ours: OurVerdict, envoy: string | undefined) => isFine(ours) && envoy !== undefined && words.test(envoy),
  })),
  ...Object.entries(WE_REFUSE).map(([id, fits]) => ({
    id,
    fits: (ours: OurVerdict, envoy: string | undefined) => !isFine(ours) && envoy === undefined && fits(ours),
  })),
];

/** The kind of a difference, `undefined` for one that nobody has explained yet. */
export function kindOf(ours: OurVerdict, envoy: string | undefined): string | undefined {
  return DIFFERENCE_KINDS.find((it) => it.fits(ours, envoy))?.id;
}
