import { type Json, typed } from "./json.ts";
import type { Random } from "./random.ts";
import { routeConfiguration } from "./routes.ts";

/** A valid listener over the clusters `a` and `b`. */
export function listener(random: Random, name: string): Json {
  return {
    ...typed("envoy.config.listener.v3.Listener"),
    name,
    address: { socket_address: { address: "127.0.0.1", port_value: 0, protocol: "TCP" } },
    filter_chains: [filterChain(random, "one")],
    ...random.maybe(0.3, () => ({ default_filter_chain: { filters: [tcpProxy(random)] } })),
    ...random.maybe(0.3, () => ({ listener_filters: [random.pick(listenerFilters)], listener_filters_timeout: "5s" })),
    ...random.maybe(0.2, () => ({
      per_connection_buffer_limit_bytes: 32768,
      tcp_backlog_size: 128,
      drain_type: "MODIFY_ONLY",
    })),
    ...random.maybe(0.2, () => ({ socket_options: [{ level: 6, name: 9, int_value: 1, state: "STATE_PREBIND" }] })),
    ...random.maybe(0.25, () => ({
      udp_listener_config: { downstream_socket_config: { max_rx_datagram_size: 1500 } },
    })),
    ...random.maybe(0.2, () => ({ connection_balance_config: { exact_balance: {} } })),
    ...random.maybe(0.2, () => ({ access_log: [fileLog(random)] })),
    ...random.maybe(0.1, () => ({
      additional_addresses: [{ address: { socket_address: { address: "127.0.0.2", port_value: 0 } } }],
    })),
  };
}

const listenerFilters: readonly Json[] = [
  {
    name: "envoy.filters.listener.tls_inspector",
    typed_config: typed("envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector", {
      initial_read_buffer_size: 1024,
    }),
  },
  {
    name: "envoy.filters.listener.http_inspector",
    typed_config: typed("envoy.extensions.filters.listener.http_inspector.v3.HttpInspector"),
  },
  {
    name: "envoy.filters.listener.proxy_protocol",
    typed_config: typed("envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol", {
      rules: [{ tlv_type: 2, on_tlv_present: { key: "k" } }],
    }),
  },
  {
    name: "envoy.filters.listener.local_ratelimit",
    typed_config: typed("envoy.extensions.filters.listener.local_ratelimit.v3.LocalRateLimit", {
      stat_prefix: "l",
      token_bucket: { max_tokens: 10, fill_interval: "1s" },
    }),
  },
];

function filterChain(random: Random, name: string): Json {
  return {
    name,
    filters: [
      ...(random.chance(0.3) ? [random.pick(networkFilters)] : []),
      random.chance(0.25) ? tcpProxy(random) : connectionManager(random),
    ],
    ...random.maybe(0.3, () => ({
      filter_chain_match: {
        prefix_ranges: [{ address_prefix: "10.0.0.0", prefix_len: 8 }],
        destination_port: 8443,
        source_ports: [1, 2],
        source_type: "EXTERNAL",
        application_protocols: ["h2"],
      },
    })),
    ...random.maybe(0.2, () => ({ transport_socket_connect_timeout: "5s" })),
  };
}

const networkFilters: readonly Json[] = [
  {
    name: "envoy.filters.network.local_ratelimit",
    typed_config: typed("envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit", {
      stat_prefix: "l",
      token_bucket: { max_tokens: 10, tokens_per_fill: 5, fill_interval: "1s" },
    }),
  },
  {
    name: "envoy.filters.network.connection_limit",
    typed_config: typed("envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit", {
      stat_prefix: "c",
      max_connections: 100,
      delay: "1s",
    }),
  },
  {
    name: "envoy.filters.network.rbac",
    typed_config: typed("envoy.extensions.filters.network.rbac.v3.RBAC", {
      stat_prefix: "r",
      rules: {
        action: "ALLOW",
        policies: {
          p: {
            permissions: [{ any: true }],
            principals: [{ source_ip: { address_prefix: "10.0.0.0", prefix_len: 8 } }],
          },
        },
      },
    }),
  },
  {
    name: "envoy.filters.network.ext_authz",
    typed_config: typed("envoy.extensions.filters.network.ext_authz.v3.ExtAuthz", {
      stat_prefix: "e",
      transport_api_version: "V3",
      grpc_service: { envoy_grpc: { cluster_name: "a" }, timeout: "1s" },
    }),
  },
];

function tcpProxy(random: Random): Json {
  const to = random.pick<Json>([
    { cluster: "a" },
    {
      weighted_clusters: {
        clusters: [
          { name: "a", weight: 1 },
          { name: "b", weight: 2 },
        ],
      },
    },
  ]);
  return {
    name: "envoy.filters.network.tcp_proxy",
    typed_config: typed("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", {
      stat_prefix: "tcp",
      ...to,
      ...random.maybe(0.4, () => ({
        idle_timeout: "60s",
        max_connect_attempts: 3,
        max_downstream_connection_duration: "60s",
      })),
      ...random.maybe(0.3, () => ({
        hash_policy: [{ source_ip: {} }],
        tunneling_config: { hostname: "host:443", headers_to_add: [{ header: { key: "x-t", value: "v" } }] },
      })),
      ...random.maybe(0.3, () => ({
        access_log: [fileLog(random)],
        access_log_options: { access_log_flush_interval: "1s" },
      })),
    }),
  };
}

function connectionManager(random: Random): Json {
  const { "@type": _, ...route_config } = routeConfiguration(random, "inline");
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: typed("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
      stat_prefix: "http",
      ...(random.chance(0.8)
        ? { route_config }
        : {
            rds: {
              route_config_name: "r",
              config_source: { path_config_source: { path: "/dev/null" }, initial_fetch_timeout: "1s" },
            },
          }),
      http_filters: [...httpFilters.filter(() => random.chance(0.25)), router(random)],
      ...random.maybe(0.3, () => ({
        codec_type: random.pick(["AUTO", "HTTP1", "HTTP2"]),
        server_name: "s",
        via: "v",
        max_request_headers_kb: 60,
        stream_idle_timeout: "300s",
      })),
      ...random.maybe(0.3, () => ({
        access_log: [fileLog(random)],
        access_log_options: { access_log_flush_interval: "5s" },
      })),
      ...random.maybe(0.3, () => ({
        http2_protocol_options: {
          max_concurrent_streams: 100,
          initial_stream_window_size: 65535,
          initial_connection_window_size: 65535,
        },
      })),
      ...random.maybe(0.3, () => ({
        common_http_protocol_options: {
          idle_timeout: "60s",
          max_headers_count: 64,
          headers_with_underscores_action: "REJECT_REQUEST",
        },
      })),
      ...random.maybe(0.3, () => ({ tracing: tracing(random) })),
      ...random.maybe(0.2, () => ({
        upgrade_configs: [{ upgrade_type: "websocket" }],
        forward_client_cert_details: "APPEND_FORWARD",
        set_current_client_cert_details: { subject: true },
      })),
      ...random.maybe(0.2, () => ({
        local_reply_config: {
          mappers: [
            {
              filter: {
                status_code_filter: { comparison: { op: "GE", value: { default_value: 400, runtime_key: "k" } } },
              },
              status_code: 503,
              body: { inline_string: "b" },
            },
          ],
        },
      })),
      ...random.maybe(0.2, () => ({
        internal_address_config: { cidr_ranges: [{ address_prefix: "10.0.0.0", prefix_len: 8 }] },
        path_with_escaped_slashes_action: "REJECT_REQUEST",
        xff_num_trusted_hops: 1,
      })),
    }),
  };
}

function tracing(random: Random): Json {
  const provider = random.pick<Json>([
    {
      name: "envoy.tracers.zipkin",
      typed_config: typed("envoy.config.trace.v3.ZipkinConfig", {
        collector_cluster: "a",
        collector_endpoint: "/spans",
        collector_endpoint_version: "HTTP_JSON",
      }),
    },
    {
      name: "envoy.tracers.opentelemetry",
      typed_config: typed("envoy.config.trace.v3.OpenTelemetryConfig", {
        grpc_service: { envoy_grpc: { cluster_name: "a" }, timeout: "1s" },
        service_name: "s",
      }),
    },
  ]);
  return {
    provider,
    random_sampling: { value: 50 },
    max_path_tag_length: 256,
    custom_tags: [{ tag: "t", metadata: { kind: { request: {} }, metadata_key: { key: "k", path: [{ key: "p" }] } } }],
  };
}

function router(random: Random): Json {
  return {
    name: "envoy.filters.http.router",
    typed_config: typed("envoy.extensions.filters.http.router.v3.Router", {
      ...random.maybe(0.3, () => ({ strict_check_headers: ["x-envoy-max-retries"], dynamic_stats: true })),
    }),
  };
}

function httpFilter(name: string, type: string, config: Json): Json {
  return { name: `envoy.filters.http.${name}`, typed_config: typed(`envoy.extensions.filters.http.${type}`, config) };
}

const tokenBucket = { max_tokens: 10, tokens_per_fill: 5, fill_interval: "1s" };

const httpFilters: readonly Json[] = [
  httpFilter("buffer", "buffer.v3.Buffer", { max_request_bytes: 1024 }),
  httpFilter("cors", "cors.v3.Cors", {}),
  httpFilter("csrf", "csrf.v3.CsrfPolicy", { filter_enabled: { default_value: { numerator: 100 } } }),
  httpFilter("fault", "fault.v3.HTTPFault", {
    abort: { http_status: 503, percentage: { numerator: 1 } },
    delay: { fixed_delay: "1s", percentage: { numerator: 1 } },
    upstream_cluster: "a",
    max_active_faults: 5,
  }),
  httpFilter("rbac", "rbac.v3.RBAC", {
    rules: {
      action: "DENY",
      policies: {
        p: {
          permissions: [
            { header: { name: "x-a", string_match: { exact: "1" } } },
            { and_rules: { rules: [{ any: true }] } },
          ],
          principals: [
            { any: true },
            { metadata: { filter: "f", path: [{ key: "k" }], value: { string_match: { exact: "v" } } } },
          ],
        },
      },
    },
  }),
  httpFilter("ext_authz", "ext_authz.v3.ExtAuthz", {
    transport_api_version: "V3",
    grpc_service: { envoy_grpc: { cluster_name: "a" }, timeout: "0.5s", initial_metadata: [{ key: "k", value: "v" }] },
    with_request_body: { max_request_bytes: 1024, allow_partial_message: true },
    status_on_error: { code: "Forbidden" },
  }),
  httpFilter("ext_authz", "ext_authz.v3.ExtAuthz", {
    transport_api_version: "V3",
    http_service: {
      server_uri: { uri: "http://a", cluster: "a", timeout: "1s" },
      path_prefix: "/auth",
      authorization_request: { headers_to_add: [{ key: "k", value: "v" }] },
    },
  }),
  httpFilter("ext_proc", "ext_proc.v3.ExternalProcessor", {
    grpc_service: { envoy_grpc: { cluster_name: "a" } },
    message_timeout: "1s",
    max_message_timeout: "2s",
  }),
  httpFilter("local_ratelimit", "local_ratelimit.v3.LocalRateLimit", {
    stat_prefix: "l",
    token_bucket: tokenBucket,
    filter_enabled: { default_value: { numerator: 100 }, runtime_key: "k" },
    stage: 1,
    descriptors: [{ entries: [{ key: "k", value: "v" }], token_bucket: tokenBucket }],
  }),
  httpFilter("ratelimit", "ratelimit.v3.RateLimit", {
    domain: "d",
    stage: 2,
    request_type: "both",
    timeout: "1s",
    rate_limit_service: { transport_api_version: "V3", grpc_service: { envoy_grpc: { cluster_name: "a" } } },
  }),
  httpFilter("header_to_metadata", "header_to_metadata.v3.Config", {
    request_rules: [{ header: "x-h", on_header_present: { metadata_namespace: "n", key: "k", type: "STRING" } }],
  }),
  httpFilter("health_check", "health_check.v3.HealthCheck", {
    pass_through_mode: false,
    headers: [{ name: ":path", string_match: { exact: "/hc" } }],
    cluster_min_healthy_percentages: { a: { value: 50 } },
  }),
  httpFilter("jwt_authn", "jwt_authn.v3.JwtAuthentication", {
    providers: {
      p: {
        issuer: "i",
        audiences: ["a"],
        from_headers: [{ name: "x-jwt", value_prefix: "Bearer " }],
        remote_jwks: { http_uri: { uri: "http://a/jwks", cluster: "a", timeout: "1s" }, cache_duration: "60s" },
      },
    },
    rules: [{ match: { prefix: "/" }, requires: { provider_name: "p" } }],
  }),
  httpFilter("lua", "lua.v3.Lua", { default_source_code: { inline_string: "function envoy_on_request(handle) end" } }),
  httpFilter("compressor", "compressor.v3.Compressor", {
    compressor_library: {
      name: "gzip",
      typed_config: typed("envoy.extensions.compression.gzip.compressor.v3.Gzip", {
        memory_level: 5,
        window_bits: 12,
        compression_level: "BEST_SPEED",
        chunk_size: 4096,
      }),
    },
    request_direction_config: { common_config: { enabled: { default_value: true, runtime_key: "k" } } },
  }),
  httpFilter("adaptive_concurrency", "adaptive_concurrency.v3.AdaptiveConcurrency", {
    gradient_controller_config: {
      sample_aggregate_percentile: { value: 50 },
      concurrency_limit_params: { max_concurrency_limit: 100, concurrency_update_interval: "0.1s" },
      min_rtt_calc_params: { interval: "60s", request_count: 50, jitter: { value: 10 } },
    },
    enabled: { default_value: true, runtime_key: "k" },
  }),
  httpFilter("grpc_stats", "grpc_stats.v3.FilterConfig", {
    individual_method_stats_allowlist: { services: [{ name: "s", method_names: ["m"] }] },
  }),
  httpFilter("grpc_http1_reverse_bridge", "grpc_http1_reverse_bridge.v3.FilterConfig", {
    content_type: "application/grpc",
    withhold_grpc_frames: true,
  }),
  httpFilter("ip_tagging", "ip_tagging.v3.IPTagging", {
    ip_tags: [{ ip_tag_name: "t", ip_list: [{ address_prefix: "10.0.0.0", prefix_len: 8 }] }],
    request_type: "BOTH",
  }),
  httpFilter("set_metadata", "set_metadata.v3.Config", { metadata: [{ metadata_namespace: "n", value: { a: 1 } }] }),
  httpFilter("set_filter_state", "set_filter_state.v3.Config", {
    on_request_headers: [
      { object_key: "envoy.tcp_proxy.cluster", format_string: { text_format_source: { inline_string: "a" } } },
    ],
  }),
  httpFilter("stateful_session", "stateful_session.v3.StatefulSession", {
    session_state: {
      name: "envoy.http.stateful_session.cookie",
      typed_config: typed("envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState", {
        cookie: { name: "c", ttl: "60s", path: "/" },
      }),
    },
  }),
  httpFilter("gcp_authn", "gcp_authn.v3.GcpAuthnFilterConfig", {
    http_uri: { uri: "http://m", cluster: "a", timeout: "1s" },
    retry_policy: { num_retries: 3 },
  }),
  httpFilter("oauth2", "oauth2.v3.OAuth2", {
    config: {
      token_endpoint: { cluster: "a", uri: "http://t", timeout: "3s" },
      authorization_endpoint: "https://auth/",
      redirect_uri: "%REQ(x)%",
      redirect_path_matcher: { path: { exact: "/cb" } },
      signout_path: { path: { exact: "/out" } },
      credentials: {
        client_id: "c",
        token_secret: { name: "token", sds_config: { path_config_source: { path: "/dev/null" } } },
        hmac_secret: { name: "hmac", sds_config: { path_config_source: { path: "/dev/null" } } },
      },
    },
  }),
  httpFilter("on_demand", "on_demand.v3.OnDemand", {}),
  httpFilter("bandwidth_limit", "bandwidth_limit.v3.BandwidthLimit", {
    stat_prefix: "b",
    limit_kbps: "100",
    fill_interval: "0.05s",
    enable_mode: "REQUEST_AND_RESPONSE",
  }),
  httpFilter("thrift_to_metadata", "thrift_to_metadata.v3.ThriftToMetadata", {
    request_rules: [
      {
        field_selector: { name: "info", id: 2, child: { name: "version", id: 1 } },
        method_name: "m",
        on_present: { metadata_namespace: "n", key: "k" },
        on_missing: { metadata_namespace: "n", key: "k", value: "unknown" },
      },
    ],
  }),
];

function fileLog(random: Random): Json {
  const filter = random.pick<Json>([
    { status_code_filter: { comparison: { op: "GE", value: { default_value: 400, runtime_key: "k" } } } },
    {
      and_filter: {
        filters: [
          { not_health_check_filter: {} },
          { duration_filter: { comparison: { op: "EQ", value: { default_value: 1, runtime_key: "d" } } } },
        ],
      },
    },
    { response_flag_filter: { flags: ["UH", "UF"] } },
    { runtime_filter: { runtime_key: "k", percent_sampled: { numerator: 50 } } },
    { grpc_status_filter: { statuses: ["OK", "INTERNAL"] } },
    { header_filter: { header: { name: "x-a", present_match: true } } },
  ]);
  return {
    name: "envoy.access_loggers.file",
    typed_config: typed("envoy.extensions.access_loggers.file.v3.FileAccessLog", {
      path: "/dev/null",
      ...random.maybe(0.5, () => ({ log_format: { text_format_source: { inline_string: "%START_TIME%\n" } } })),
    }),
    ...random.maybe(0.7, () => ({ filter })),
  };
}
