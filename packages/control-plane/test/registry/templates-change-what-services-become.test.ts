import assert from "node:assert/strict";
import { test } from "node:test";
import { readResource } from "@fairlead/xds";
import { templateDocumentKey } from "../../src/registry/resources/settings.ts";
import type { Change, Json } from "../../src/store/store.ts";
import {
  derivingStore,
  held,
  instance,
  putInstance,
  putSettings,
  schema,
  serviceStore,
  shown,
} from "./support/services.ts";

const putTemplate = (group: string, value: Json | undefined): Change => {
  return { kind: "document", key: templateDocumentKey(group), value };
};

test("a service's settings win over its group's template, and that over the configuration's", async () => {
  const store = serviceStore({
    templates: { cluster: { lb_policy: "RANDOM", connect_timeout: "9s", alt_stat_name: "c" } },
  });
  await store.commit([
    putInstance(instance("a")),
    putTemplate("default", { cluster: { connectTimeout: "8s", alt_stat_name: "g" } }),
    putSettings("web", { cluster: { alt_stat_name: "s" } }),
  ]);
  const { lbPolicy, connectTimeout, altStatName } = shown(store, "cluster")!;
  assert.deepEqual(
    { lbPolicy, connectTimeout, altStatName },
    { lbPolicy: "RANDOM", connectTimeout: "8s", altStatName: "s" },
  );
  await store.commit([putTemplate("default", undefined)]);
  assert.equal(shown(store, "cluster")?.connectTimeout, "9s");
});

test("protocol, TLS, health checks, load balancing, timeouts and drops are said by templates", async () => {
  const store = serviceStore();
  const tls = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
  await store.commit([
    putInstance(instance("a")),
    putSettings("web", {
      protocol: "h2",
      cluster: {
        lb_policy: "LEAST_REQUEST",
        common_lb_config: null,
        transport_socket: { name: "tls", typed_config: { "@type": tls, sni: "web.internal" } },
        health_checks: [
          {
            timeout: "1s",
            interval: "5s",
            unhealthy_threshold: 3,
            healthy_threshold: 1,
            http_health_check: { path: "/healthz" },
          },
        ],
      },
      routes: { virtual_hosts: [{ name: "all", domains: ["*"], routes: [] }] },
      endpoints: { drop_overloads: [{ category: "all", drop_percentage: { numerator: 5 } }] },
    }),
  ]);
  const cluster = shown(store, "cluster")!;
  assert.match(JSON.stringify(cluster), /"sni":"web.internal"/);
  assert.match(JSON.stringify(cluster), /http2ProtocolOptions/);
  assert.match(JSON.stringify(cluster), /"path":"\/healthz"/);
  assert.equal(cluster.commonLbConfig, undefined);
  assert.deepEqual(shown(store, "routes")?.virtualHosts, [{ name: "all", domains: ["*"] }]);
  const assignment = shown(store, "endpoints")!;
  assert.match(JSON.stringify(assignment.policy), /"category":"all"/);
  assert.match(JSON.stringify(assignment.endpoints), /"portValue":8080/);
});

test("a service that speaks TCP has no listener and no routes", async () => {
  const store = serviceStore();
  await store.commit([putInstance(instance("a")), putSettings("web", { protocol: "tcp" })]);
  assert.deepEqual(held(store), ["cds/web", "eds/web"]);
  await store.commit([putSettings("web", {})]);
  assert.deepEqual(held(store), ["cds/web", "eds/web", "lds/web", "rds/web"]);
});

test("a service moves with its groups", async () => {
  const store = serviceStore({ group: "mesh" });
  await store.commit([putInstance(instance("a"))]);
  assert.equal(held(store, "mesh").length, 4);
  await store.commit([putSettings("web", { groups: ["edge", "grpc"] })]);
  assert.deepEqual([...store.state().groups.keys()].sort(), ["edge", "grpc"]);
  assert.deepEqual(held(store, "edge"), held(store, "grpc"));
});

test("localities have the priorities and weights of the first rule that fits, without gaps", async () => {
  const store = serviceStore();
  const at = (zone: string) => ({ locality: { region: "eu", zone, subZone: "" } });
  await store.commit([
    putInstance(instance("a", at("a"))),
    putInstance(instance("b", { port: 81, ...at("b") })),
    putInstance(instance("c", { port: 82, weight: 3, ...at("c") })),
    putSettings("web", {
      localities: [
        { zone: "a", priority: 9 },
        { zone: "b", priority: 4, weight: 7 },
      ],
    }),
  ]);
  const localities = shown(store, "endpoints")!.endpoints as {
    locality: { zone: string };
    priority?: number;
    loadBalancingWeight: number;
  }[];
  assert.deepEqual(
    localities.map(({ locality, priority = 0, loadBalancingWeight }) => [locality.zone, priority, loadBalancingWeight]),
    [
      ["a", 2, 1],
      ["b", 1, 7],
      ["c", 0, 3],
    ],
  );
});

test("with a host name among its instances a service is one that proxies resolve", async () => {
  const store = serviceStore();
  await store.commit([putInstance(instance("a")), putInstance(instance("b", { address: "web.internal" }))]);
  assert.deepEqual(held(store), ["cds/web", "lds/web", "rds/web"]);
  const cluster = shown(store, "cluster")!;
  assert.equal(cluster.type, "STRICT_DNS");
  assert.match(JSON.stringify(cluster.loadAssignment), /127\.0\.0\.1.*web\.internal/);
  await store.commit([putInstance(instance("b", { address: "127.0.0.2", sequence: 2 }))]);
  assert.equal(shown(store, "cluster")!.type, "EDS");
  assert.equal(held(store).length, 4);
});

test("a template that makes nothing is refused with its place", async () => {
  const { store, derivation } = derivingStore();
  await store.commit([putInstance(instance("a")), putSettings("web", { cluster: { type: null } })]);
  const checks = derivation.checks(() => store.state());
  const places = (faults: readonly { readonly pointer: string }[]) => faults.map(({ pointer }) => pointer);
  const policy = { drop_overloads: [{ category: "" }] };
  assert.deepEqual(places(checks.settingsFaults("web", { cluster: { lb_polcy: 1 } })), ["/cluster/lb_polcy"]);
  assert.deepEqual(places(checks.settingsFaults("new", { cluster: { connect_timeout: "-1s" } })), [
    "/cluster/connect_timeout",
  ]);
  assert.deepEqual(places(checks.settingsFaults("web", { listener: { name: "other" } })), ["/listener/name"]);
  assert.deepEqual(places(checks.settingsFaults("web", { endpoints: policy })), [
    "/endpoints/drop_overloads/0/category",
  ]);
  assert.deepEqual(places(checks.templateFaults("default", { routes: { virtual_hosts: 1 } })), [
    "/routes/virtual_hosts",
  ]);
  assert.deepEqual(checks.settingsFaults("web", { cluster: { lb_policy: "RANDOM" } }), []);
  assert.throws(() => serviceStore({ templates: { cluster: { lb_policy: "NONE" } } }), { code: "config-invalid" });
});

test("a faulty template that is there nevertheless keeps the last good resources, and is told", async () => {
  const { store, derivation } = derivingStore();
  await store.commit([putInstance(instance("a")), putSettings("web", { cluster: { lb_policy: "RANDOM" } })]);
  await store.commit([putSettings("web", { cluster: { lb_policy: "NONE" } })]);
  assert.equal(shown(store, "cluster")?.lbPolicy, "RANDOM");
  assert.equal(derivation.faultsOf("default")[0]?.pointer, "/services/web/cluster/lb_policy");
  // Endpoints go on.
  await store.commit([putInstance(instance("b", { port: 81 }))]);
  assert.match(JSON.stringify(shown(store, "endpoints")), /"portValue":81/);
  // A service without a last good state does without the faulty layer.
  await store.commit([
    putInstance(instance("c", { service: "new" })),
    putSettings("new", { cluster: { lb_policy: "NONE" }, protocol: "h2" }),
  ]);
  assert.equal(shown(store, "cluster", "new")?.type, "EDS");
  await store.commit([putSettings("web", {}), putSettings("new", {})]);
  assert.deepEqual(derivation.faultsOf("default"), []);
});

test("a name that somebody else defines is theirs, and the service's again when they are gone", async () => {
  const store = serviceStore();
  const cluster = { "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", name: "web", type: "STATIC" };
  const place = { file: "a.yaml", pointer: "/resources/0", line: 1, column: 1 };
  const entry = { resource: readResource(schema, cluster), owner: "file", place };
  const update = { kind: "update", group: "default", owner: "file", upsert: [entry], remove: [] } as const;
  await store.commit([putInstance(instance("a"))]);
  await store.commit([update]);
  assert.equal(shown(store, "cluster")?.type, "STATIC");
  await store.commit([putInstance(instance("b", { port: 81 })), putSettings("web", { protocol: "h2" })]);
  assert.equal(shown(store, "cluster")?.type, "STATIC");
  await store.commit([{ kind: "withdraw", group: "default", owner: "file" }]);
  assert.equal(shown(store, "cluster")?.type, "EDS");
  assert.match(JSON.stringify(shown(store, "cluster")), /http2ProtocolOptions/);
});
