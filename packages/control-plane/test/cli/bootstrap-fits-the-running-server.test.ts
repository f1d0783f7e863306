import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSchema, resourceFromJson, validateMessage } from "@fairlead/envoy-api";
import { parse } from "yaml";
import { BOOTSTRAP_MODES } from "../../src/cli/bootstrap-modes.ts";
import { envoyBootstrap } from "../../src/cli/envoy-bootstrap.ts";
import { runFairlead } from "../support/cli.ts";
import { start } from "../support/fairlead.ts";

test("bootstrap envoy asks the admin API where the xDS server is", async (t) => {
  const { fairlead } = await start(t);
  const { code, stdout } = await runFairlead(t, ["bootstrap", "envoy", "--node", "n1"], {
    FAIRLEAD_ADMIN: fairlead.adminUrl,
  });
  assert.equal(code, 0);
  const bootstrap = parse(stdout);
  assert.equal(bootstrap.node.id, "n1");
  const [cluster] = bootstrap.static_resources.clusters;
  const { address, port_value } = cluster.load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address;
  assert.deepEqual({ host: address, port: port_value }, fairlead.xdsAddress);
});

test("bootstrap envoy works without a running server, and says what it assumed", async (t) => {
  const { code, stdout, stderr } = await runFairlead(t, ["bootstrap", "envoy", "--admin", "http://127.0.0.1:1"]);
  assert.equal(code, 0);
  assert.match(stderr, /trying 127\.0\.0\.1:18000; --xds says otherwise/);
  assert.equal(parse(stdout).admin.address.socket_address.port_value, 9901);
});

for (const mode of BOOTSTRAP_MODES) {
  test(`the bootstrap for ${mode} is one by Envoy's own schema, with TLS too`, () => {
    const schema = loadSchema();
    for (const tls of [undefined, { caFile: "/ca.pem", certFile: "/cert.pem", keyFile: "/key.pem" }]) {
      const host = tls ? "xds.example.com" : "127.0.0.1";
      const yaml = envoyBootstrap({
        mode,
        nodeId: "n",
        nodeCluster: "c",
        xds: { host, port: 18_000 },
        envoyAdmin: { host: "127.0.0.1", port: 9_901 },
        tls,
      });
      const { node, ...rest } = parse(yaml);
      const client_features = ["xds.config.supports-resource-ttl", "xds.config.resource-in-sotw"];
      assert.deepEqual(node, { id: "n", cluster: "c", client_features });
      // A bootstrap is no resource and has no name; wrapped, it is checked like one.
      const json = { "@type": "type.googleapis.com/envoy.config.bootstrap.v3.Bootstrap", ...rest };
      const wrapper = { "@type": "type.googleapis.com/envoy.service.discovery.v3.Resource", name: "b", resource: json };
      const read = resourceFromJson(schema, wrapper);
      assert.ok(read.ok, JSON.stringify(read.faults));
      assert.deepEqual(validateMessage(schema, read.desc, read.message), []);
      const source = rest.dynamic_resources.ads_config ?? rest.dynamic_resources.cds_config.api_config_source;
      assert.equal(source.api_type, mode === "rest" ? "REST" : mode.endsWith("delta") ? "DELTA_GRPC" : "GRPC");
      assert.equal(rest.dynamic_resources.ads_config !== undefined, mode.startsWith("ads"));
    }
  });
}
