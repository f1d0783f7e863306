import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeCertificate } from "../support/certificate.ts";
import { startFairlead } from "../support/control-plane.ts";
import { type Envoy, runEnvoy } from "../support/envoy.ts";
import { freePort } from "../support/free-port.ts";
import { testWithEnvoy } from "../support/lab.ts";

const MAIN = fileURLToPath(new URL("../../packages/control-plane/src/cli/main.ts", import.meta.url));

interface Ports {
  readonly http: number;
  readonly tls: number;
  readonly tcp: number;
}

/** Routes inside two listeners (of one name, of different content), a static secret, endpoints inside clusters, DNS. */
function bootstrap(ports: Ports, backends: readonly number[], certificate: { chain: string; key: string }): string {
  const address = (port: number) => `{ socket_address: { address: 127.0.0.1, port_value: ${port} } }`;
  const manager = (routes: string) => `
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: in
          route_config: { name: local_route, virtual_hosts: [{ name: all, domains: ["*"], routes: [${routes.replaceAll("\n", " ")}] }] }
          http_filters:
          - name: envoy.filters.http.router
            typedConfig: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }`;
  const endpoint = (port: number | undefined) => `{ endpoint: { address: ${address(port!)} } }`;
  return `
admin: { address: ${address(0)} }
layered_runtime: { layers: [{ name: static, static_layer: { imported: 1 } }] }
static_resources:
  secrets:
  - name: cert
    tls_certificate:
      certificate_chain: { inline_string: ${JSON.stringify(certificate.chain)} }
      private_key: { inline_string: ${JSON.stringify(certificate.key)} }
  listeners:
  - address: ${address(ports.http)}
    filter_chains:
    - filters: ${manager(`
        { match: { prefix: /one }, route: { cluster: one } },
        { match: { path: /old }, redirect: { path_redirect: /one } },
        { match: { prefix: /two }, route: { weighted_clusters: { clusters: [{ name: two, weight: 1 }] } } },
        { match: { prefix: /text }, direct_response: { status: 418, body: { inline_string: teapot } } }`)}
  - name: secure
    address: ${address(ports.tls)}
    filter_chains:
    - transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
          commonTlsContext: { tlsCertificateSdsSecretConfigs: [{ name: cert }] }
      filters: ${manager("{ match: { prefix: / }, route: { cluster: two } }")}
  - name: plain
    address: ${address(ports.tcp)}
    filter_chains:
    - filters:
      - name: envoy.filters.network.tcp_proxy
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix: plain
          cluster: lines
  clusters:
  - name: one
    connect_timeout: 5s
    load_assignment: { cluster_name: one, endpoints: [{ lb_endpoints: [${endpoint(backends[0])}] }] }
  - name: two
    type: STRICT_DNS
    connect_timeout: 5s
    dns_lookup_family: V4_ONLY
    load_assignment:
      cluster_name: two
      endpoints:
      - lb_endpoints: [{ endpoint: { address: { socket_address: { address: localhost, port_value: ${backends[1]} } } } }]
  - name: lines
    connect_timeout: 5s
    load_assignment: { cluster_name: other_name, endpoints: [{ lb_endpoints: [${endpoint(backends[2])}] }] }
`;
}

testWithEnvoy(
  "what was static is served from files, and answers the same requests",
  async (folder) => startFairlead({ folder }),
  async ({ plane, backends, folder }, binary) => {
    const ports: Ports = { http: await freePort(), tls: await freePort(), tcp: await freePort() };
    const { certificate: chain, privateKey: key } = makeCertificate("imported.example");
    const upstream = [backends.pick("http", 0), backends.pick("http", 1), backends.pick("tcp", 0)].map(
      ({ port }) => port,
    );
    const static_ = join(folder, "static.yaml");
    writeFileSync(static_, bootstrap(ports, upstream, { chain, key }));

    const rest = join(folder, "rest.yaml");
    const xds = `127.0.0.1:${plane.xdsPort}`;
    const resources = join(folder, "resources");
    const run = (...args: readonly string[]) =>
      spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });
    const imported = run("import", static_, "-o", resources, "--bootstrap", rest, "--xds", xds, "--mode", "ads-delta");
    assert.equal(imported.status, 0, imported.stderr);
    assert.match(imported.stderr, /3 listeners, 2 routes, 3 clusters, 2 endpoints, 1 secret/);
    assert.match(imported.stderr, /left in the bootstrap: admin, layered_runtime\n/);
    const checked = run("check", resources, "--strict");
    assert.equal(checked.stdout, "all is well: 11 resources in 5 files, 1 group\n");

    const before = await answersOf(await runEnvoy(static_, { binary, nodeId: "static" }), ports);
    assert.deepEqual(before, [
      [200, backends.pick("http", 0).id],
      [301, ""],
      [200, backends.pick("http", 1).id],
      [418, "teapot"],
      [404, ""],
      [200, backends.pick("http", 1).id],
      `${backends.pick("tcp", 0).id} hello`,
    ]);
    const after = await answersOf(await runEnvoy(rest, { binary, nodeId: "imported" }), ports);
    assert.deepEqual(after, before);
  },
);

/** What an Envoy answers to a request for each route; then it is stopped. */
async function answersOf(envoy: Envoy, ports: Ports): Promise<unknown[]> {
  try {
    await envoy.waitUntilLive();
    const answers: unknown[] = [];
    for (const path of ["/one", "/old", "/two", "/text", "/none"]) {
      const response = await fetch(`http://127.0.0.1:${ports.http}${path}`, { redirect: "manual" });
      answers.push([response.status, await response.text()]);
    }
    return [...answers, await getSecurely(ports.tls), await askLine(ports.tcp)];
  } finally {
    await envoy.stop();
  }
}

function getSecurely(port: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const options = { port, host: "127.0.0.1", rejectUnauthorized: false, agent: false };
    const request = httpsRequest(options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve([response.statusCode, text]));
    });
    request.on("error", reject).end();
  });
}

function askLine(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("hello\n"));
    socket.on("error", reject);
    socket.once("data", (answer) => {
      socket.destroy();
      resolve(answer.toString().trim());
    });
  });
}
