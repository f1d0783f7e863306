import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadSchema, TYPE_URLS, typeUrlOf } from "@fairlead/envoy-api";
import { resourceParser } from "../../src/resources/parse.ts";
import { grpcFaults } from "../../src/validation/grpc/grpc-faults.ts";
import { runFairlead } from "../support/cli.ts";

// Whether gRPC does refuse it is tried with real clients: test/grpc/check-target-grpc-agrees-with-real-clients.test.ts.

const EXAMPLE = fileURLToPath(new URL("../../../../examples/grpc", import.meta.url));

const FOR_ENVOY = `resources:
- "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
  name: web
  type: STATIC
  load_assignment: { cluster_name: web }
  health_checks:
  - { timeout: 1s, interval: 1s, unhealthy_threshold: 1, healthy_threshold: 1, tcp_health_check: {} }
`;

test("check --target grpc takes the example for gRPC", async (t) => {
  const { code, stdout } = await runFairlead(t, ["check", EXAMPLE, "--target", "grpc", "--strict"]);
  assert.equal(code, 0, stdout);
});

test("check --target grpc says what is refused, by whom and where, and warns of what is passed over", async (t) => {
  const { code, stdout } = await runFairlead(t, ["check", directory(t), "--target", "grpc", "--format", "json"]);
  assert.equal(code, 1);
  const { faults } = JSON.parse(stdout) as { faults: readonly Record<string, unknown>[] };
  assert.deepEqual(
    faults.map(({ severity, rule, pointer, line }) => [severity, rule, pointer, line]),
    [
      ["error", "grpc.cluster-type", "/resources/0/type", 4],
      ["warning", "grpc.field", "/resources/0/health_checks", 6],
    ],
  );
  assert.match(String(faults[0]!.message), /\(refused by Go, Java, Node, C\+\+; gRFC A27\)$/);
});

test("without --target grpc the same is well", async (t) => {
  const { code, stdout } = await runFairlead(t, ["check", directory(t), "--strict"]);
  assert.equal(code, 0, stdout);
});

test("an HTTP filter in the clothes of a struct is told by the type that it stands for", () => {
  const schema = loadSchema();
  const filter = { "@type": typeUrlOf("xds.type.v3.TypedStruct"), type_url: "acme.test/acme.Filter", value: {} };
  const router = { "@type": typeUrlOf("envoy.extensions.filters.http.router.v3.Router") };
  const manager = {
    "@type": typeUrlOf("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"),
    stat_prefix: "web",
    rds: { route_config_name: "web", config_source: { ads: {} } },
    http_filters: [
      { name: "own", typed_config: filter },
      { name: "router", typed_config: router },
    ],
  };
  const listener = { "@type": TYPE_URLS.listener, name: "web", api_listener: { api_listener: manager } };
  const { resource } = resourceParser(schema, "error")(listener);
  const messages = grpcFaults([resource!], schema).map(({ message }) => message);
  assert.match(messages.join("\n"), /^gRPC has no acme\.Filter on the client's side: [^\n]*$/);
});

function directory(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), "fairlead-check-"));
  t.after(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, "a.yaml"), FOR_ENVOY);
  return root;
}
