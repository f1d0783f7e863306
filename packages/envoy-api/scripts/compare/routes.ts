import type { Json } from "./json.ts";
import { typed } from "./json.ts";
import type { Random } from "./random.ts";

/** A valid route configuration over the clusters `a` and `b`. */
export function routeConfiguration(random: Random, name: string): Json {
  return {
    ...typed("envoy.config.route.v3.RouteConfiguration"),
    name,
    virtual_hosts: Array.from({ length: 1 + random.integer(2) }, (_, index) => virtualHost(random, `vh${index}`)),
    ...random.maybe(0.3, () => ({
      response_headers_to_add: [headerOption("x-r")],
      request_headers_to_remove: ["x-gone"],
    })),
    ...random.maybe(0.2, () => ({ internal_only_headers: ["x-internal"], max_direct_response_body_size_bytes: 4096 })),
    ...random.maybe(0.2, () => ({
      request_mirror_policies: [
        { cluster: "b", runtime_fraction: { default_value: { numerator: 1, denominator: "HUNDRED" } } },
      ],
    })),
  };
}

function virtualHost(random: Random, name: string): Json {
  return {
    name,
    domains: [name, `${name}:80`],
    ...(random.chance(0.15)
      ? { matcher: matcherTree(random) }
      : { routes: Array.from({ length: 1 + random.integer(3) }, () => route(random)) }),
    ...random.maybe(0.2, () => ({ require_tls: "EXTERNAL_ONLY" })),
    ...random.maybe(0.2, () => ({ retry_policy: retryPolicy(random) })),
    ...random.maybe(0.2, () => ({
      virtual_clusters: [{ name: "vc", headers: [{ name: ":path", string_match: { prefix: "/v" } }] }],
    })),
    ...random.maybe(0.2, () => ({
      rate_limits: [
        {
          stage: 1,
          actions: [
            { request_headers: { header_name: "x-user", descriptor_key: "user" } },
            { generic_key: { descriptor_value: "v" } },
          ],
        },
      ],
    })),
    ...random.maybe(0.2, () => ({
      typed_per_filter_config: {
        "envoy.filters.http.cors": typed("envoy.extensions.filters.http.cors.v3.CorsPolicy", {
          allow_origin_string_match: [{ suffix: "example.com" }],
          max_age: "100",
        }),
      },
    })),
  };
}

function matcherTree(random: Random): Json {
  const header = typed("envoy.type.matcher.v3.HttpRequestHeaderMatchInput", { header_name: "x-m" });
  const action = { name: "route", typed_config: typed("envoy.config.route.v3.Route", route(random)) };
  return {
    matcher_tree: { input: { name: "header", typed_config: header }, exact_match_map: { map: { one: { action } } } },
  };
}

function route(random: Random): Json {
  const plain: Json = {
    match: match(random),
    ...random.maybe(0.3, () => ({ request_headers_to_add: [headerOption("x-q")] })),
    ...random.maybe(0.2, () => ({ decorator: { operation: "op" } })),
    ...random.maybe(0.2, () => ({
      tracing: {
        client_sampling: { numerator: 5 },
        custom_tags: [
          { tag: "t", literal: { value: "v" } },
          { tag: "h", request_header: { name: "x-h" } },
          { tag: "e", environment: { name: "HOME" } },
        ],
      },
    })),
  };
  switch (random.integer(5)) {
    case 0:
      return { ...plain, redirect: { host_redirect: "other", response_code: "FOUND", https_redirect: true } };
    case 1:
      return { ...plain, direct_response: { status: 200 + random.integer(300), body: { inline_string: "hello" } } };
    case 2:
      return { ...plain, non_forwarding_action: {} };
    default:
      return { ...plain, route: routeAction(random) };
  }
}

function match(random: Random): Json {
  const path = random.pick<Json>([
    { prefix: "/" },
    { path: "/exact" },
    { safe_regex: { regex: "/v[0-9]+" } },
    { path_separated_prefix: "/api" },
    {
      path_match_policy: {
        name: "envoy.path.match.uri_template.uri_template_matcher",
        typed_config: typed("envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig", {
          path_template: "/a/{b}",
        }),
      },
    },
  ]);
  return {
    ...path,
    ...random.maybe(0.3, () => ({
      headers: [
        random.pick<Json>([
          { name: "x-a", string_match: { exact: "1", ignore_case: true } },
          { name: "x-b", present_match: true, invert_match: true },
          { name: "x-c", range_match: { start: "1", end: "9" } },
        ]),
      ],
    })),
    ...random.maybe(0.2, () => ({ query_parameters: [{ name: "q", string_match: { exact: "1" } }] })),
    ...random.maybe(0.2, () => ({
      runtime_fraction: { default_value: { numerator: 50, denominator: "HUNDRED" }, runtime_key: "k" },
    })),
    ...random.maybe(0.1, () => ({ grpc: {} })),
    ...random.maybe(0.1, () => ({
      dynamic_metadata: [{ filter: "f", path: [{ key: "k" }], value: { string_match: { exact: "v" } } }],
    })),
  };
}

function routeAction(random: Random): Json {
  const to = random.pick<Json>([
    { cluster: "a" },
    { cluster_header: "x-cluster" },
    {
      weighted_clusters: {
        clusters: [
          { name: "a", weight: 60 },
          { name: "b", weight: 40, request_headers_to_remove: ["x-w"] },
        ],
      },
    },
  ]);
  return {
    ...to,
    timeout: "15s",
    ...random.maybe(0.3, () => ({ retry_policy: retryPolicy(random) })),
    ...random.maybe(0.2, () => ({
      hash_policy: [
        random.pick<Json>([
          { header: { header_name: "x-h" } },
          { cookie: { name: "c", ttl: "60s", path: "/" } },
          { connection_properties: { source_ip: true } },
          { query_parameter: { name: "q" } },
          { filter_state: { key: "k" } },
        ]),
      ],
    })),
    ...random.maybe(0.2, () => ({ request_mirror_policies: [{ cluster: "b" }] })),
    ...random.maybe(0.2, () => ({ host_rewrite_literal: "other" })),
    ...random.maybe(0.2, () => ({ regex_rewrite: { pattern: { regex: "^/a" }, substitution: "/b" } })),
    ...random.maybe(0.2, () => ({
      metadata_match: { filter_metadata: { "envoy.lb": { stage: "prod" } } },
      priority: "HIGH",
    })),
    ...random.maybe(0.2, () => ({
      upgrade_configs: [{ upgrade_type: "websocket" }],
      idle_timeout: "60s",
      max_stream_duration: { max_stream_duration: "30s", grpc_timeout_header_max: "5s" },
    })),
    ...random.maybe(0.1, () => ({
      internal_redirect_policy: { max_internal_redirects: 2, redirect_response_codes: [302, 303] },
    })),
    ...random.maybe(0.1, () => ({
      hedge_policy: { initial_requests: 1, additional_request_chance: { numerator: 1 } },
    })),
  };
}

function retryPolicy(random: Random): Json {
  return {
    retry_on: "5xx,reset",
    num_retries: 3,
    per_try_timeout: "1s",
    retry_back_off: { base_interval: "0.1s", max_interval: "1s" },
    ...random.maybe(0.4, () => ({
      rate_limited_retry_back_off: { reset_headers: [{ name: "retry-after", format: "SECONDS" }], max_interval: "10s" },
    })),
    ...random.maybe(0.4, () => ({
      retriable_status_codes: [503],
      host_selection_retry_max_attempts: "3",
      retriable_headers: [{ name: "x-retry", present_match: true }],
    })),
    ...random.maybe(0.3, () => ({
      retry_priority: {
        name: "envoy.retry_priorities.previous_priorities",
        typed_config: typed("envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig", {
          update_frequency: 2,
        }),
      },
    })),
    ...random.maybe(0.3, () => ({
      retry_host_predicate: [
        {
          name: "envoy.retry_host_predicates.previous_hosts",
          typed_config: typed("envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"),
        },
      ],
    })),
  };
}

function headerOption(key: string): Json {
  return { header: { key, value: "v" }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" };
}
