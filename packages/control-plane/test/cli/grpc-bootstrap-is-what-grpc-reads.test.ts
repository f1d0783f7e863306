import assert from "node:assert/strict";
import { test } from "node:test";
import { runFairlead } from "../support/cli.ts";
import { start } from "../support/fairlead.ts";

test("bootstrap grpc asks the admin API where the xDS server is, and says what to heed on standard error", async (t) => {
  const { fairlead } = await start(t);
  const { code, stdout, stderr } = await runFairlead(t, ["bootstrap", "grpc", "--node", "n1"], {
    FAIRLEAD_ADMIN: fairlead.adminUrl,
  });
  assert.equal(code, 0);
  const { host, port } = fairlead.xdsAddress;
  assert.deepEqual(JSON.parse(stdout), {
    xds_servers: [
      { server_uri: `${host}:${port}`, channel_creds: [{ type: "insecure" }], server_features: ["xds_v3"] },
    ],
    node: { id: "n1", cluster: "demo", locality: {} },
  });
  assert.match(stderr, /note: set GRPC_XDS_BOOTSTRAP/);
});

test("bootstrap grpc writes what its options say", async (t) => {
  const { code, stdout, stderr } = await runFairlead(t, [
    ...["bootstrap", "grpc", "--xds", "xds.example.com:443", "--ca", "ca.pem", "--cert", "c.pem", "--key", "k.pem"],
    ...["--locality", "eu//b", "--metadata", "team=web", "tier=1=2", "--server-listener-template"],
    ...["--authority", "a.example", "--provider", "own=ca.pem", "both=ca.pem,c.pem,k.pem"],
    ...["--ignore-resource-deletion", "--trusted"],
  ]);
  assert.equal(code, 0, stderr);
  const files = { ca_certificate_file: "ca.pem", certificate_file: "c.pem", private_key_file: "k.pem" };
  const watched = { ...files, refresh_interval: "600s" };
  assert.deepEqual(JSON.parse(stdout), {
    xds_servers: [
      {
        server_uri: "xds.example.com:443",
        channel_creds: [{ type: "tls", config: watched }],
        server_features: ["xds_v3", "ignore_resource_deletion", "trusted_xds_server"],
      },
    ],
    node: {
      id: "demo",
      cluster: "demo",
      locality: { region: "eu", sub_zone: "b" },
      metadata: { team: "web", tier: "1=2" },
    },
    server_listener_resource_name_template: "grpc/server?xds.resource.listening_address=%s",
    certificate_providers: {
      own: { plugin_name: "file_watcher", config: { ca_certificate_file: "ca.pem", refresh_interval: "600s" } },
      both: { plugin_name: "file_watcher", config: watched },
    },
    authorities: { "a.example": {} },
  });
  assert.match(stderr, /grpc-js \(Node\) knows no TLS/);
});

for (const [args, message] of [
  [["--locality", "a/b/c/d"], /has more than three parts: REGION\/ZONE\/SUBZONE/],
  [["--metadata", "team"], /--metadata team lacks its key: write KEY=VALUE/],
  [["--provider", "x=ca,cert"], /is not NAME=CA or NAME=CA,CERT,KEY/],
] as const) {
  test(`bootstrap grpc ${args.join(" ")} is a usage error that says what mends it`, async (t) => {
    const { code, stdout, stderr } = await runFairlead(t, ["bootstrap", "grpc", "--xds", "127.0.0.1:1", ...args]);
    assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
    assert.match(stderr, message);
  });
}
