import { type Json, typed } from "./json.ts";
import type { Random } from "./random.ts";
import { tlsContext } from "./secrets.ts";

const lbPolicies: readonly Json[] = [
  {
    lb_policy: "ROUND_ROBIN",
    round_robin_lb_config: { slow_start_config: { slow_start_window: "60s", min_weight_percent: { value: 10 } } },
  },
  { lb_policy: "LEAST_REQUEST", least_request_lb_config: { choice_count: 3 } },
  {
    lb_policy: "RING_HASH",
    ring_hash_lb_config: { minimum_ring_size: 64, maximum_ring_size: 1024, hash_function: "MURMUR_HASH_2" },
  },
  { lb_policy: "RANDOM" },
  { lb_policy: "MAGLEV", maglev_lb_config: { table_size: 251 } },
  {
    load_balancing_policy: {
      policies: [
        {
          typed_extension_config: {
            name: "envoy.load_balancing_policies.round_robin",
            typed_config: typed("envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin"),
          },
        },
      ],
    },
  },
  {
    load_balancing_policy: {
      policies: [
        {
          typed_extension_config: {
            name: "envoy.load_balancing_policies.client_side_weighted_round_robin",
            typed_config: typed(
              "envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin",
              { error_utilization_penalty: 1.5, blackout_period: "10s" },
            ),
          },
        },
      ],
    },
  },
];

/** A valid cluster. */
export function cluster(random: Random, name: string): Json {
  return {
    ...typed("envoy.config.cluster.v3.Cluster"),
    name,
    connect_timeout: random.pick(["0.25s", "1s", "5s"]),
    ...discovery(random, name),
    ...random.maybe(0.3, () => ({
      circuit_breakers: {
        thresholds: [
          {
            priority: random.pick(["DEFAULT", "HIGH"]),
            max_connections: 100,
            max_retries: 5,
            retry_budget: { budget_percent: { value: 25 }, min_retry_concurrency: 3 },
          },
        ],
        per_host_thresholds: [{ max_connections: 10 }],
      },
    })),
    ...random.maybe(0.3, () => ({ health_checks: [healthCheck(random)] })),
    ...random.maybe(0.3, () => ({
      outlier_detection: {
        consecutive_5xx: 5,
        interval: "10s",
        base_ejection_time: "30s",
        max_ejection_percent: 50,
        success_rate_stdev_factor: 1900,
        max_ejection_time: "300s",
      },
    })),
    ...random.maybe(0.25, () => ({
      transport_socket: {
        name: "envoy.transport_sockets.tls",
        typed_config: typed("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
          sni: "example.com",
          max_session_keys: 1,
          common_tls_context: tlsContext(random),
        }),
      },
    })),
    ...random.maybe(0.3, () => ({
      typed_extension_protocol_options: {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": protocolOptions(random),
      },
    })),
    ...random.maybe(0.2, () => ({ upstream_connection_options: { tcp_keepalive: { keepalive_time: 300 } } })),
    ...random.maybe(0.2, () => ({ upstream_bind_config: { source_address: { address: "0.0.0.0", port_value: 0 } } })),
    ...random.maybe(0.2, () => ({
      common_lb_config: { healthy_panic_threshold: { value: 50 }, update_merge_window: "1s" },
    })),
    ...random.maybe(0.2, () => ({ metadata: { filter_metadata: { "envoy.lb": { version: "1", weights: [1, 2] } } } })),
    ...random.maybe(0.1, () => ({
      track_cluster_stats: { timeout_budgets: true },
      alt_stat_name: "alt",
      per_connection_buffer_limit_bytes: 32768,
    })),
    ...random.maybe(0.1, () => ({
      preconnect_policy: { per_upstream_preconnect_ratio: 1.5, predictive_preconnect_ratio: 2 },
    })),
  };
}

function discovery(random: Random, name: string): Json {
  const lb = random.maybe(0.6, () => random.pick(lbPolicies));
  const load_assignment = () => endpoints(random, name);
  switch (random.integer(6)) {
    case 0:
      return { type: "STATIC", load_assignment: load_assignment(), ...lb };
    case 1:
      return {
        type: "STRICT_DNS",
        load_assignment: dnsAssignment(name),
        dns_lookup_family: random.pick(["V4_ONLY", "AUTO", "ALL"]),
        dns_refresh_rate: "5s",
        respect_dns_ttl: true,
        dns_failure_refresh_rate: { base_interval: "2s", max_interval: "10s" },
        ...lb,
      };
    case 2:
      return { type: "LOGICAL_DNS", load_assignment: dnsAssignment(name), ...lb };
    case 3:
      return {
        type: "EDS",
        eds_cluster_config: { service_name: "service", eds_config: random.pick<Json>([fileSource, grpcSource]) },
        ...lb,
      };
    case 4:
      return {
        type: "ORIGINAL_DST",
        lb_policy: "CLUSTER_PROVIDED",
        cleanup_interval: "10s",
        original_dst_lb_config: { use_http_header: true, http_header_name: "x-dst" },
      };
    default:
      return {
        lb_policy: "CLUSTER_PROVIDED",
        cluster_type: {
          name: "envoy.clusters.aggregate",
          typed_config: typed("envoy.extensions.clusters.aggregate.v3.ClusterConfig", { clusters: ["a", "b"] }),
        },
      };
  }
}

const fileSource: Json = { path_config_source: { path: "/dev/null" } };

const grpcSource: Json = {
  resource_api_version: "V3",
  api_config_source: {
    api_type: "GRPC",
    transport_api_version: "V3",
    grpc_services: [{ envoy_grpc: { cluster_name: "a" }, timeout: "1s" }],
    rate_limit_settings: { max_tokens: 100, fill_rate: 10 },
  },
};

function dnsAssignment(name: string): Json {
  return {
    cluster_name: name,
    endpoints: [
      { lb_endpoints: [{ endpoint: { address: { socket_address: { address: "localhost", port_value: 80 } } } }] },
    ],
  };
}

/** A valid `ClusterLoadAssignment` (without `@type`: it lies in its cluster). */
export function endpoints(random: Random, cluster_name: string): Json {
  const localities = Array.from({ length: 1 + random.integer(2) }, (_, zone) => ({
    locality: { region: "r", zone: `z${zone}` },
    load_balancing_weight: 1 + random.integer(100),
    priority: zone,
    lb_endpoints: Array.from({ length: 1 + random.integer(3) }, (_, host) => ({
      endpoint: {
        address: { socket_address: { address: `10.${zone}.0.${host + 1}`, port_value: 8080 } },
        ...random.maybe(0.3, () => ({ health_check_config: { port_value: 8081, hostname: "check" } })),
        ...random.maybe(0.2, () => ({ hostname: "host" })),
      },
      ...random.maybe(0.3, () => ({
        load_balancing_weight: 1 + random.integer(100),
        health_status: random.pick(["HEALTHY", "DRAINING", "UNKNOWN"]),
      })),
      ...random.maybe(0.2, () => ({ metadata: { filter_metadata: { "envoy.lb": { canary: true } } } })),
    })),
  }));
  return {
    cluster_name,
    endpoints: localities,
    ...random.maybe(0.4, () => ({
      policy: {
        overprovisioning_factor: 140,
        endpoint_stale_after: "60s",
        drop_overloads: [{ category: "throttle", drop_percentage: { numerator: 5, denominator: "HUNDRED" } }],
      },
    })),
  };
}

function healthCheck(random: Random): Json {
  const how: Json = random.pick<Json>([
    {
      http_health_check: {
        path: "/health",
        host: "h",
        expected_statuses: [{ start: 200, end: 300 }],
        retriable_statuses: [{ start: 500, end: 503 }],
        request_headers_to_add: [{ header: { key: "x-a", value: "b" } }],
      },
    },
    { tcp_health_check: { send: { text: "000000FF" }, receive: [{ text: "00" }] } },
  ]);
  return {
    timeout: "1s",
    interval: "5s",
    unhealthy_threshold: 2,
    healthy_threshold: 2,
    interval_jitter: "1s",
    no_traffic_interval: "60s",
    ...how,
  };
}

function protocolOptions(random: Random): Json {
  return typed("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", {
    explicit_http_config: random.pick<Json>([
      {
        http2_protocol_options: {
          max_concurrent_streams: 100,
          initial_stream_window_size: 65536,
          initial_connection_window_size: 1048576,
          hpack_table_size: 4096,
          connection_keepalive: { interval: "30s", timeout: "5s" },
        },
      },
      { http_protocol_options: { header_key_format: { proper_case_words: {} } } },
    ]),
    common_http_protocol_options: { idle_timeout: "60s", max_headers_count: 100, max_requests_per_connection: 1000 },
    upstream_http_protocol_options: { auto_sni: true, auto_san_validation: true },
  });
}
