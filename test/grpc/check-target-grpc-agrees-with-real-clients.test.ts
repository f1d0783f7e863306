import assert from "node:assert/strict";
import { loadSchema, resourceFromJson } from "@fairlead/envoy-api";
import { grpcFaults } from "../../packages/control-plane/src/validation/grpc/grpc-faults.ts";
import { GRPC_LANGUAGES, type GrpcLanguage } from "../support/grpc/client.ts";
import { type GrpcStage, testGrpcClients } from "../support/grpc/lab.ts";
import {
  clientListener,
  connectionManager,
  grpcCluster,
  grpcRoutes,
  oneLocality,
  ROUTER,
} from "../support/grpc/resources.ts";
import type { Resource } from "../support/resources.ts";

// The oracle of `fairlead check --target grpc`: each case is a service with one peculiarity, asked for by each client. Where
// the check says that a client refuses something, its call must fail; else it must be answered.

interface Service {
  readonly listener: Resource;
  readonly routes: Resource;
  readonly cluster: Resource;
  readonly endpoints: Resource;
}

interface Case {
  /** What is peculiar, by resource: fields that take the place of those of a plain service. */
  readonly change: (service: Service, port: number) => Partial<Service>;
  /** For whom nothing is left to call though nothing is refused; the check warns of it. */
  readonly emptyFor?: readonly GrpcLanguage[];
}

const EXTENSIONS = "type.googleapis.com/envoy.extensions";
const POLICIES = `${EXTENSIONS}.load_balancing_policies`;
const FILE = { path_config_source: { path: "/nowhere" } };

/** A service whose HTTP connection manager has these fields. */
const manager = (extra: object): Case["change"] => {
  return ({ listener, routes }) => ({
    listener: { ...listener, api_listener: { api_listener: connectionManager({ rds: routes.name as string }, extra) } },
  });
};
const filter = (name: string, type: string, more: object = {}) => ({
  name,
  typed_config: { "@type": `${EXTENSIONS}.filters.http.${type}`, ...more },
});
/** A service whose route has this match and action, or with routes before the plain one. */
const route = (match: object, action: object): Case["change"] => {
  return ({ routes }) => ({
    routes: { ...routes, virtual_hosts: [{ name: "all", domains: ["*"], routes: [{ match, ...action }] }] },
  });
};
const routesBefore = (...before: readonly object[]): Case["change"] => {
  return ({ routes, cluster }) => ({ routes: grpcRoutes(routes.name as string, cluster.name as string, { before }) });
};
const action = (extra: object): Case["change"] => {
  return ({ routes, cluster }) => ({
    routes: grpcRoutes(routes.name as string, cluster.name as string, { action: extra }),
  });
};
const cluster =
  (extra: object): Case["change"] =>
  (service) => ({ cluster: { ...service.cluster, ...extra } });
const policy = (type: string, more: object = {}): Case["change"] =>
  cluster({
    load_balancing_policy: {
      policies: [{ typed_extension_config: { name: "p", typed_config: { "@type": `${POLICIES}.${type}`, ...more } } }],
    },
  });
const address = (host: string, port: number) => ({
  endpoint: { address: { socket_address: { address: host, port_value: port } } },
});
/** A service whose endpoints have these localities. */
const localities = (list: (port: number) => readonly object[]): Case["change"] => {
  return ({ endpoints }, port) => ({ endpoints: { ...endpoints, endpoints: list(port) } });
};
const HERE = { locality: { zone: "a" }, load_balancing_weight: 1 };
const aggregate = (extra: object): Case["change"] => {
  return ({ cluster: of, routes }) => ({
    routes: grpcRoutes(routes.name as string, `${of.name}-all`),
    // Stands beside the plain cluster, which it takes from.
    listener: {
      "@type": of["@type"],
      name: `${of.name}-all`,
      cluster_type: {
        name: "envoy.clusters.aggregate",
        typed_config: { "@type": `${EXTENSIONS}.clusters.aggregate.v3.ClusterConfig`, clusters: [of.name] },
      },
      ...extra,
    },
  });
};

const CASES: Readonly<Record<string, Case>> = {
  plain: { change: () => ({}) },
  "routes from a file": {
    change: ({ listener }) => ({
      listener: {
        ...listener,
        api_listener: {
          api_listener: {
            ...connectionManager({ rds: "x" }),
            rds: { route_config_name: "x", config_source: FILE },
          },
        },
      },
    }),
  },
  "no HTTP filters": { change: manager({ http_filters: [] }) },
  "the router not last": { change: manager({ http_filters: [ROUTER, filter("fault", "fault.v3.HTTPFault")] }) },
  "a filter that gRPC has": { change: manager({ http_filters: [filter("fault", "fault.v3.HTTPFault"), ROUTER] }) },
  "a filter that gRPC lacks": { change: manager({ http_filters: [filter("cors", "cors.v3.Cors"), ROUTER] }) },
  "an optional filter that gRPC lacks": {
    change: manager({ http_filters: [{ ...filter("cors", "cors.v3.Cors"), is_optional: true }, ROUTER] }),
  },
  "a server's filter": { change: manager({ http_filters: [filter("rbac", "rbac.v3.RBAC", { rules: {} }), ROUTER] }) },
  "a filter's name twice": {
    change: manager({ http_filters: [filter("f", "fault.v3.HTTPFault"), filter("f", "fault.v3.HTTPFault"), ROUTER] }),
  },
  "trusted hops": { change: manager({ xff_num_trusted_hops: 1 }) },
  "a path by its segments": {
    change: (service, port) =>
      route({ path_separated_prefix: "/fairlead.test.Who" }, { route: { cluster: service.cluster.name } })(
        service,
        port,
      ),
  },
  "a route by query before the plain one": {
    change: (service, port) =>
      routesBefore({
        match: { prefix: "", query_parameters: [{ name: "x" }] },
        route: { cluster: `service-${Object.keys(CASES).indexOf("a locality without weight")}` },
      })(service, port),
    emptyFor: ["node"],
  },
  "a redirect alone": {
    change: route({ prefix: "" }, { redirect: {} }),
    emptyFor: GRPC_LANGUAGES,
  },
  "a redirect before the plain route": { change: routesBefore({ match: { path: "/other" }, redirect: {} }) },
  "a cluster by header before the plain route": {
    change: routesBefore({ match: { prefix: "" }, route: { cluster_header: "x" } }),
  },
  "a header that contains something": {
    change: (service, port) =>
      routesBefore({
        match: { prefix: "", headers: [{ name: "x", contains_match: "y" }] },
        route: { cluster: service.cluster.name },
      })(service, port),
  },
  "fields of an action that gRPC lacks": {
    change: action({ timeout: "5s", prefix_rewrite: "/x", idle_timeout: "1s" }),
  },
  "a retry on what gRPC lacks": { change: action({ retry_policy: { retry_on: "5xx,unavailable", num_retries: 2 } }) },
  "no retries": { change: action({ retry_policy: { retry_on: "unavailable", num_retries: 0 } }) },
  "a static cluster": { change: cluster({ type: "STATIC", eds_cluster_config: undefined }) },
  "a cluster by strict DNS": { change: cluster({ type: "STRICT_DNS", eds_cluster_config: undefined }) },
  "a cluster by logical DNS": {
    change: (service, port) =>
      cluster({
        type: "LOGICAL_DNS",
        eds_cluster_config: undefined,
        load_assignment: { cluster_name: "x", endpoints: [{ lb_endpoints: [address("localhost", port)] }] },
      })(service, port),
  },
  "endpoints from a file": { change: cluster({ eds_cluster_config: { eds_config: FILE } }) },
  "least request": { change: cluster({ lb_policy: "LEAST_REQUEST" }) },
  "ring hash": { change: cluster({ lb_policy: "RING_HASH" }) },
  "ring hash by another function": {
    change: cluster({ lb_policy: "RING_HASH", ring_hash_lb_config: { hash_function: "MURMUR_HASH_2" } }),
  },
  maglev: { change: cluster({ lb_policy: "MAGLEV" }) },
  "the policy round robin": { change: policy("round_robin.v3.RoundRobin") },
  "the policy ring hash": { change: policy("ring_hash.v3.RingHash", { hash_function: "XX_HASH" }) },
  "the policy ring hash by default": { change: policy("ring_hash.v3.RingHash") },
  "the policy least request": { change: policy("least_request.v3.LeastRequest") },
  "the policy pick first": { change: policy("pick_first.v3.PickFirst") },
  "the policy client-side weighted round robin": {
    change: policy("client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin"),
  },
  "the policy maglev": { change: policy("maglev.v3.Maglev") },
  "an aggregate as Envoy wants it": { change: aggregate({ lb_policy: "CLUSTER_PROVIDED" }) },
  "an aggregate as gRPC wants it": { change: aggregate({}) },
  "loads to another server": { change: cluster({ lrs_server: { ads: {} } }) },
  "transport sockets by match": {
    change: cluster({
      transport_socket_matches: [
        {
          name: "m",
          match: {},
          transport_socket: {
            name: "envoy.transport_sockets.raw_buffer",
            typed_config: { "@type": `${EXTENSIONS}.transport_sockets.raw_buffer.v3.RawBuffer` },
          },
        },
      ],
    }),
  },
  "a transport socket without TLS": {
    change: cluster({
      transport_socket: {
        name: "envoy.transport_sockets.raw_buffer",
        typed_config: { "@type": `${EXTENSIONS}.transport_sockets.raw_buffer.v3.RawBuffer` },
      },
    }),
  },
  "TLS without a provider": {
    change: cluster({
      transport_socket: {
        name: "envoy.transport_sockets.tls",
        typed_config: {
          "@type": `${EXTENSIONS}.transport_sockets.tls.v3.UpstreamTlsContext`,
          common_tls_context: { validation_context: { trusted_ca: { filename: "/ca.pem" } } },
        },
      },
    }),
  },
  "limits that gRPC lacks": {
    change: cluster({
      circuit_breakers: { thresholds: [{ max_connections: 5, max_requests: 50 }, { priority: "HIGH" }] },
    }),
  },
  "health checks": {
    change: cluster({
      health_checks: [
        { timeout: "1s", interval: "1s", unhealthy_threshold: 1, healthy_threshold: 1, grpc_health_check: {} },
      ],
      // Without the 0, grpc-js ends at the first interval.
      outlier_detection: { consecutive_5xx: 3, enforcing_success_rate: 0 },
    }),
  },
  "no locality": {
    change: localities((port) => [{ load_balancing_weight: 1, lb_endpoints: [address("127.0.0.1", port)] }]),
  },
  "a locality without weight": {
    change: localities((port) => [{ locality: { zone: "a" }, lb_endpoints: [address("127.0.0.1", port)] }]),
    emptyFor: GRPC_LANGUAGES,
  },
  "a gap in the priorities": {
    change: localities((port) => [{ ...HERE, priority: 1, lb_endpoints: [address("127.0.0.1", port)] }]),
  },
  "a locality twice": {
    change: localities((port) => [
      { ...HERE, lb_endpoints: [address("127.0.0.1", port)] },
      { ...HERE, lb_endpoints: [address("127.0.0.1", port + 1)] },
    ]),
  },
  "a locality in two priorities": {
    change: localities((port) => [
      { ...HERE, lb_endpoints: [address("127.0.0.1", port)] },
      { ...HERE, priority: 1, lb_endpoints: [address("127.0.0.2", port)] },
    ]),
    emptyFor: ["java"],
  },
  "a host name": { change: localities((port) => [{ ...HERE, lb_endpoints: [address("localhost", port)] }]) },
  "a pipe": {
    change: localities(() => [{ ...HERE, lb_endpoints: [{ endpoint: { address: { pipe: { path: "/nowhere" } } } }] }]),
  },
  "an address twice": {
    change: localities((port) => [{ ...HERE, lb_endpoints: [address("127.0.0.1", port), address("127.0.0.1", port)] }]),
  },
};

testGrpcClients("fairlead check --target grpc", {
  "says of every case what this client does": async (stage) => {
    const names = Object.keys(CASES);
    const services = names.map((name, index) => ({ name, index, resources: serviceOf(stage, CASES[name]!, index) }));
    await stage.put(services.flatMap(({ resources }) => resources));
    const wrong = await Promise.all(
      services.map(async ({ name, index, resources }) => {
        const channel = `c${index}`;
        await stage.client.open(channel, `xds:///service-${index}`);
        const refused = refusals(resources, stage.language);
        const isExpected = refused.length === 0 && CASES[name]!.emptyFor?.includes(stage.language) !== true;
        // grpc-js lets calls wait for what it has refused until their deadline.
        const { ok, errors } = await stage.client.call(channel, 1, { timeoutMs: isExpected ? 30_000 : 5_000 });
        const said = `${name}: ${ok ? "answered" : Object.keys(errors).join()}; the check: ${refused.join() || "fine"}`;
        return (ok === 1) === isExpected ? [] : [said];
      }),
    );
    assert.deepEqual(wrong.flat(), [], `the client's log: ${stage.client.logPath}`);
  },
});

function serviceOf({ backends }: GrpcStage, { change }: Case, index: number): readonly Resource[] {
  const port = backends.ports[0]!;
  const name = `service-${index}`;
  const plain: Service = {
    listener: clientListener(name, { rds: `${name}-routes` }),
    routes: grpcRoutes(`${name}-routes`, name),
    cluster: grpcCluster(name),
    endpoints: oneLocality(name, port),
  };
  const changed = { ...plain, ...change(plain, port) };
  const resources = Object.values(changed) as Resource[];
  return changed.listener["@type"] === plain.listener["@type"] ? resources : [plain.listener, ...resources];
}

const schema = loadSchema();

function refusals(resources: readonly Resource[], language: GrpcLanguage): readonly string[] {
  const read = resources.map((resource) => resourceFromJson(schema, JSON.parse(JSON.stringify(resource))));
  return grpcFaults(
    read.filter((resource) => resource.ok),
    schema,
  )
    .filter(({ severity, clients }) => severity === "refused" && clients.includes(language))
    .map(({ rule, pointer }) => `${rule} at ${pointer}`);
}
