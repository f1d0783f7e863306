import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { loadSchema } from "@fairlead/envoy-api";
import { parse } from "yaml";
import type { FairleadError } from "../../src/errors.ts";
import type { Json } from "../../src/import/json.ts";
import { readBootstrap } from "../../src/import/read-bootstrap.ts";
import { type SplitOptions, splitBootstrap } from "../../src/import/split-bootstrap.ts";
import { runFairlead } from "../support/cli.ts";

const HTTP = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3";
const ADS = { ads: {}, resource_api_version: "V3" };

const BOOTSTRAP = `
admin: { address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }
node: { id: edge, clientFeatures: [own] }
cluster_manager: { local_cluster_name: here }
stats_sinks:
- name: envoy.stat_sinks.metrics_service
  typed_config:
    "@type": type.googleapis.com/envoy.config.metrics.v3.MetricsServiceConfig
    grpc_service: { envoy_grpc: { cluster_name: metrics } }
static_resources:
  secrets:
  - { name: server, tls_certificate: { private_key: { inline_string: key }, certificate_chain: { inline_string: c } } }
  - { name: both, generic_secret: { secret: { inline_string: s } } }
  listeners:
  - address: { socket_address: { address: 127.0.0.1, port_value: 1 } }
    filter_chains:
    - transport_socket:
        name: tls
        typed_config:
          "@type": ${TLS}.DownstreamTlsContext
          commonTlsContext: { tlsCertificateSdsSecretConfigs: [{ name: server }, { name: both }] }
      filters: [{ name: h, typed_config: { "@type": ${HTTP}, statPrefix: a, routeConfig: { name: r, virtualHosts: [] } } }]
    default_filter_chain:
      filters: [{ name: h, typed_config: { "@type": ${HTTP}, stat_prefix: b, route_config: { name: r, virtual_hosts: [{ name: v, domains: [x] }] } } }]
  - name: listener_1
    address: { socket_address: { address: 127.0.0.1, port_value: 2 } }
    filter_chains:
    - filters: [{ name: h, typed_config: { "@type": ${HTTP}, stat_prefix: c, route_config: { virtual_hosts: [] } } }]
  - name: mobile
    address: { socket_address: { address: 127.0.0.1, port_value: 3 } }
    api_listener: { api_listener: { "@type": ${HTTP}, stat_prefix: m, route_config: { name: mobile } } }
  clusters:
  - { name: web, load_assignment: { cluster_name: w, endpoints: [{ lb_endpoints: [] }] }, connect_timeout: 1s }
  - { name: here, type: STATIC }
  - { name: dns, type: STRICT_DNS, load_assignment: { cluster_name: dns } }
  - name: metrics
    type: STRICT_DNS
    transport_socket:
      name: tls
      typed_config:
        "@type": ${TLS}.UpstreamTlsContext
        common_tls_context: { tls_certificate_sds_secret_configs: [{ name: both }] }
`;

function split(options: Partial<SplitOptions> = {}) {
  const schema = loadSchema();
  return splitBootstrap(schema, readBootstrap(schema, "b.yaml", BOOTSTRAP), { rds: true, eds: true, ...options });
}

const namesOf = (items: readonly Json[]) => items.map(({ name, cluster_name }) => name ?? cluster_name);

test("every resource keeps its name, and what has none or another's gets one that is told", () => {
  const { resources, notes } = split();
  assert.deepEqual(namesOf(resources.listeners), ["listener_0", "listener_1"]);
  assert.deepEqual(namesOf(resources.routes), ["r", "r_2", "listener_1"]);
  assert.deepEqual(namesOf(resources.clusters), ["web", "dns"]);
  assert.deepEqual(namesOf(resources.endpoints), ["web"]);
  assert.deepEqual(namesOf(resources.secrets), ["server", "both"]);
  const told = notes.join("\n");
  assert.match(told, /the listener without a name is called listener_0/);
  assert.match(told, /the route configuration r, whose name others have, of listener listener_0 is called r_2/);
  assert.match(told, /the route configuration without a name of listener listener_1 is called listener_1/);
});

test("what moved is asked for over ADS", () => {
  const { resources } = split();
  const [web, dns] = resources.clusters;
  assert.deepEqual(web, {
    "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
    name: "web",
    connect_timeout: "1s",
    type: "EDS",
    eds_cluster_config: { eds_config: ADS },
  });
  assert.ok("load_assignment" in dns!); // names that DNS resolves can't come by EDS
  const [listener] = resources.listeners as [
    Json & { filter_chains: [Json & { transport_socket: Json; filters: [Json] }] },
  ];
  const [chain] = listener.filter_chains;
  assert.deepEqual(chain.filters[0].typed_config, {
    "@type": HTTP,
    statPrefix: "a",
    rds: { route_config_name: "r", config_source: ADS },
  });
  assert.deepEqual((chain.transport_socket.typed_config as Json).commonTlsContext, {
    tlsCertificateSdsSecretConfigs: [
      { name: "server", sds_config: ADS },
      { name: "both", sds_config: ADS },
    ],
  });
});

test("what the rest of the bootstrap needs stays in it, and is told", () => {
  const { bootstrap, notes } = split();
  const { listeners, clusters, secrets } = bootstrap.static_resources as Record<string, Json[]>;
  assert.deepEqual(
    [namesOf(listeners!), namesOf(clusters!), namesOf(secrets!)],
    [["mobile"], ["here", "metrics"], ["both"]],
  );
  assert.deepEqual(Object.keys(bootstrap), ["admin", "node", "cluster_manager", "stats_sinks", "static_resources"]);
  for (const what of ["cluster here", "cluster metrics", "secret both", "a listener with api_listener"]) {
    assert.ok(
      notes.some((note) => note.startsWith(what)),
      what,
    );
  }
  assert.doesNotMatch(JSON.stringify(bootstrap), /sds_config/);
});

test("routes and endpoints stay inside where that is asked for", () => {
  const { resources } = split({ rds: false, eds: false });
  assert.deepEqual([resources.routes, resources.endpoints], [[], []]);
  assert.match(JSON.stringify(resources.listeners), /"routeConfig":\{"name":"r"/);
  assert.match(JSON.stringify(resources.clusters), /"load_assignment":\{"cluster_name":"w"/);
});

test("a bootstrap that is faulty, or dynamic already, is refused", () => {
  const schema = loadSchema();
  const refused = (text: string, code: string, message: RegExp) =>
    assert.throws(
      () => splitBootstrap(schema, readBootstrap(schema, "b.yaml", text), { rds: true, eds: true }),
      (error: FairleadError) => {
        assert.equal(error.code, code);
        assert.match(error.message, message);
        return true;
      },
    );
  refused(
    "static_resources:\n  clusterz: []\n",
    "resources-invalid",
    /^b\.yaml:2:3: \/static_resources\/clusterz: .*clusters/,
  );
  const cluster = "static_resources: { clusters: [{ name: a, connect_timeout: 0s }] }";
  refused(
    cluster,
    "resources-invalid",
    /^b\.yaml:1:43: \/static_resources\/clusters\/0\/connect_timeout: .*duration\.gt/,
  );
  refused("a: [\n", "resources-invalid", /yaml\.syntax/);
  refused("[]\n", "resources-invalid", /expected one document/);
  refused("dynamic_resources: { ads_config: { api_type: GRPC } }", "usage", /dynamic_resources is set \(ads_config\)/);
});

test("files are written for check to find well, and never over others unless forced", async (t) => {
  const { file, xds } = scratch(t);
  const rest = join(xds, "..", "rest.yaml");
  const args = ["import", file, "-o", xds, "--group", "edge"];
  const first = await runFairlead(t, [...args, "--bootstrap", rest]);
  assert.equal(first.code, 0, first.stderr);
  assert.equal(first.stdout, "");
  assert.match(first.stderr, /edge: 2 listeners, 3 routes, 2 clusters, 1 endpoint, 2 secrets\n/);
  assert.equal(statSync(join(xds, "edge/secrets.yaml")).mode & 0o077, 0);
  const { node, dynamic_resources, static_resources } = parse(readFileSync(rest, "utf8"));
  assert.deepEqual([node.id, node.cluster, node.client_features[0]], ["edge", "imported", "own"]);
  assert.ok("clientFeatures" in node === false && "ads_config" in dynamic_resources);
  assert.deepEqual(namesOf(static_resources.clusters), ["here", "metrics", "fairlead_xds"]);
  assert.equal((await runFairlead(t, ["check", xds, "--strict"])).code, 0);

  const again = await runFairlead(t, args);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /edge\/listeners\.yaml, .* would be written over: .* --force/);
  const forced = await runFairlead(t, [...args, "--force"]);
  assert.equal(forced.code, 0);
  assert.match(forced.stdout, /^# What is left of .*\nadmin:/); // without --bootstrap
});

test("nothing is written of a bootstrap that is refused", async (t) => {
  const { file, xds } = scratch(t, "static_resources: { clusters: 1 }\n");
  const { code, stderr } = await runFairlead(t, ["import", file, "-o", xds]);
  assert.equal(code, 1);
  assert.match(stderr, /:1:21: \/static_resources\/clusters: expected array/);
  assert.equal(existsSync(xds), false);
  assert.equal((await runFairlead(t, ["import", "/none", "-o", xds])).code, 2);
});

function scratch(t: TestContext, text = BOOTSTRAP) {
  const root = mkdtempSync(join(tmpdir(), "fairlead-import-"));
  t.after(() => rmSync(root, { recursive: true }));
  const file = join(root, "envoy.yaml");
  writeFileSync(file, text);
  return { file, xds: join(root, "xds") };
}

test("what is written is read by no more than what it was made of", async (t) => {
  const { file, xds } = scratch(t);
  const rest = join(xds, "..", "rest.yaml");
  chmodSync(file, 0o600);
  assert.equal((await runFairlead(t, ["import", file, "-o", xds, "--bootstrap", rest])).code, 0);
  for (const written of [rest, join(xds, "listeners.yaml"), join(xds, "clusters.yaml")]) {
    assert.equal(statSync(written).mode & 0o077, 0, written);
  }
});
