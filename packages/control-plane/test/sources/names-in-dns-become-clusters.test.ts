import assert from "node:assert/strict";
import { Resolver } from "node:dns/promises";
import { test } from "node:test";
import type { ConfigInput } from "../../src/config/config.ts";
import { until } from "../support/until.ts";
import { type DnsServer, startDnsServer } from "./dns-server.ts";
import { edsCluster, type Running, run } from "./support.ts";

function dnsOf(server: DnsServer, clusters: readonly object[], settings: object = {}, rest: object = {}): ConfigInput {
  const dns = {
    servers: [`127.0.0.1:${server.port}`],
    minPollMs: 20,
    maxPollMs: 100,
    timeoutMs: 100,
    clusters,
    ...settings,
  };
  return { sources: [{ name: "names", dns, ...rest }] } as ConfigInput;
}

/** `priority address:port*weight` of a cluster's endpoints. */
async function endpointsOf(running: Running, cluster: string): Promise<string[]> {
  const { resources } = await running.get("/v1/groups/default/resources?type=eds");
  const found = (resources ?? []).find(({ name }: { name: string }) => name === cluster);
  // biome-ignore lint/suspicious/noExplicitAny: JSON
  return (found?.resource.endpoints ?? []).flatMap(({ priority = 0, lbEndpoints }: any) =>
    // biome-ignore lint/suspicious/noExplicitAny: JSON
    lbEndpoints.map(({ endpoint, loadBalancingWeight }: any) => {
      const { address, portValue } = endpoint.address.socketAddress;
      return `${priority} ${address}:${portValue}*${loadBalancingWeight ?? 1}`;
    }),
  );
}

const brokenOf = async (running: Running) => (await running.get("/readyz")).brokenGroups[0]?.error;

test("the test's server is a DNS server to Node's own resolver", async (t) => {
  const server = await startDnsServer(t, { "a.test A": ["10.0.0.1"], "_x._tcp.test SRV": ["1 2 80 a.test"] });
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${server.port}`]);
  assert.deepEqual(await resolver.resolve4("a.test"), ["10.0.0.1"]);
  assert.deepEqual(await resolver.resolveSrv("_x._tcp.test"), [
    { name: "a.test", port: 80, priority: 1, weight: 2, type: "SRV" },
  ]);
});

test("addresses and SRV records, by the conventions of Kubernetes and Consul, become endpoints and follow", async (t) => {
  const server = await startDnsServer(t, {
    "a.test A": ["10.0.0.2", "10.0.0.1"],
    "six.test AAAA": ["fd00::1"],
    "alias.test CNAME": ["a.test"],
    "_grpc._tcp.payments.ns.svc.cluster.local SRV": ["0 50 9000 p-1.test", "0 100 9000 p-2.test", "20 0 9001 six.test"],
    "payments.service.consul SRV": ["1 1 7000 p-1.test"],
    "p-1.test A": ["10.0.1.1"],
    "p-2.test A": ["10.0.1.2"],
  });
  const running = await run(
    t,
    dnsOf(server, [
      { name: "a", query: "a.test", port: 80 },
      { query: "six.test.", port: 81 },
      { name: "alias", query: "alias.test", port: 82, cluster: { connectTimeout: "1s", lbPolicy: "LEAST_REQUEST" } },
      { name: "grpc", query: "_grpc._tcp.payments.ns.svc.cluster.local" },
      { name: "consul", query: "payments.service.consul", type: "SRV", onlyEndpoints: true },
    ]),
  );
  await running.fairlead.ready;
  assert.deepEqual(await endpointsOf(running, "a"), ["0 10.0.0.1:80*1", "0 10.0.0.2:80*1"]);
  assert.deepEqual(await endpointsOf(running, "six.test"), ["0 fd00::1:81*1"]);
  assert.deepEqual(await endpointsOf(running, "alias"), ["0 10.0.0.1:82*1", "0 10.0.0.2:82*1"]);
  assert.deepEqual(await endpointsOf(running, "grpc"), [
    "0 10.0.1.1:9000*50",
    "0 10.0.1.2:9000*100",
    "1 fd00::1:9001*1",
  ]);
  assert.deepEqual(await endpointsOf(running, "consul"), ["0 10.0.1.1:7000*1"]);
  const clusters = (await running.held()).filter((line) => line.startsWith("Cluster "));
  assert.deepEqual(
    clusters.map((line) => line.replace(/@.*/, "")),
    ["Cluster a", "Cluster alias", "Cluster grpc", "Cluster six.test"],
  );

  server.zone.set("a.test A", ["10.0.0.3"]);
  await until("a change is seen", async () => (await endpointsOf(running, "a")).join() === "0 10.0.0.3:80*1");
  await until("and through an alias", async () => (await endpointsOf(running, "alias")).join() === "0 10.0.0.3:82*1");
  const { revision } = await running.get("/v1/server");
  const asked = server.asked.length;
  await until("all were asked for again", () => server.asked.length > asked + 12);
  assert.equal((await running.get("/v1/server")).revision, revision);
});

test("a truncated answer is asked for over TCP", async (t) => {
  const addresses = Array.from({ length: 200 }, (_, index) => `10.1.0.${index}`);
  const server = await startDnsServer(t, { "many.test A": addresses });
  const running = await run(t, dnsOf(server, [{ name: "many", query: "many.test", port: 80 }]));
  await running.fairlead.ready;
  assert.equal((await endpointsOf(running, "many")).length, 200);
  assert.ok(server.asked.includes("tcp many.test A"));
});

test("a TTL is waited for", async (t) => {
  const server = await startDnsServer(t, { "slow.test A": ["10.0.0.1"], "fast.test A": ["10.0.0.2"] });
  server.ttl = 3_600;
  const running = await run(
    t,
    dnsOf(
      server,
      [
        { query: "slow.test", port: 80 },
        { query: "fast.test", port: 80 },
      ],
      { maxPollMs: 86_400_000 },
    ),
  );
  await running.fairlead.ready;
  const other = await run(t, dnsOf(server, [{ query: "fast.test", port: 80 }]));
  await other.fairlead.ready;
  const count = (query: string) => server.asked.filter((line) => line === `udp ${query} A`).length;
  await until("the impatient one asked often", () => count("fast.test") > 4);
  assert.equal(count("slow.test"), 1);
});

test("what fails keeps its endpoints, says why, and is followed again", async (t) => {
  const server = await startDnsServer(t, { "a.test A": ["10.0.0.1"], "b.test A": ["10.0.0.2"] });
  const running = await run(
    t,
    dnsOf(server, [
      { name: "a", query: "a.test", port: 80 },
      { name: "b", query: "b.test", port: 80 },
      { name: "never", query: "never.test", port: 80 },
    ]),
  );
  await running.fairlead.ready;
  assert.match(await brokenOf(running), /cluster "never": never\.test does not exist \(NXDOMAIN\)/);
  server.zone.set("never.test A", ["10.0.0.9"]);
  await until("it exists now", async () => (await brokenOf(running)) === undefined);
  for (const [failure, told] of [
    ["NXDOMAIN", /a\.test does not exist \(NXDOMAIN\); its 1 endpoints of before stay: allowEmpty: true/],
    [[], /a\.test has no such records \(NODATA\); its 1 endpoints/],
    ["SERVFAIL", /a\.test cannot be looked up: 127\.0\.0\.1:\d+: SERVFAIL/],
    ["silence", /a\.test cannot be looked up: 127\.0\.0\.1:\d+: no answer within 100 ms/],
  ] as const) {
    server.zone.set("a.test A", failure);
    await until(`told: ${told}`, async () => told.test((await brokenOf(running)) ?? ""));
    assert.deepEqual(await endpointsOf(running, "a"), ["0 10.0.0.1:80*1"]);
    const port = server.asked.length;
    server.zone.set("b.test A", [`10.0.2.${port % 250}`]);
    await until("others go on", async () => (await endpointsOf(running, "b"))[0]!.includes(`10.0.2.${port % 250}:`));
  }
  server.zone.set("a.test A", ["10.0.0.7"]);
  await until("it is back", async () => (await endpointsOf(running, "a")).join() === "0 10.0.0.7:80*1");
  assert.equal(await brokenOf(running), undefined);

  for (const name of ["a.test A", "b.test A", "never.test A"]) server.zone.set(name, "silence");
  const error = async () => (await running.get("/readyz")).sources[0].error ?? "";
  await until("the server is gone", async () => /none of the 1 DNS servers answers/.test(await error()));
});

test("with allowEmpty a name without records leaves its cluster without endpoints", async (t) => {
  const server = await startDnsServer(t, { "a.test A": ["10.0.0.1"] });
  const running = await run(t, dnsOf(server, [{ name: "a", query: "a.test", port: 80 }], {}, { allowEmpty: true }));
  await running.fairlead.ready;
  server.zone.set("a.test A", "NXDOMAIN");
  await until("it is empty", async () => (await endpointsOf(running, "a")).length === 0);
  assert.equal((await running.held()).length, 2);
});

test("a name that somebody else defines is told of, and taken when it is free", async (t) => {
  const server = await startDnsServer(t, { "a.test A": ["10.0.0.1"] });
  const config = dnsOf(server, [{ name: "a", query: "a.test", port: 80 }]);
  server.zone.set("a.test A", "SERVFAIL");
  const running = await run(t, config);
  await running.fairlead.ready;
  await running.put([edsCluster("a")]);
  server.zone.set("a.test A", ["10.0.0.1"]);
  await until("it is told", async () =>
    /defined twice: by names at \/sources\/names/.test((await brokenOf(running)) ?? ""),
  );
  await running.put([], "?allowEmpty=true");
  await until("it is taken", async () => (await endpointsOf(running, "a")).length === 1);
});
