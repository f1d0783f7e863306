// protocol.md S5 with a real Envoy, which reports its load and logs requests and connections to the xDS server.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { startFairlead } from "../support/control-plane.ts";
import { startEnvoy } from "../support/envoy.ts";
import { freePort } from "../support/free-port.ts";
import { testWithEnvoy } from "../support/lab.ts";
import { assignment, edsCluster, httpListener, routeConfiguration, tcpListener } from "../support/resources.ts";
import { waitFor } from "../support/wait-for.ts";

const mode = "ads-sotw";
const REQUESTS = 20;
/** A test need not wait for the default of 10 s. */
const services = { loadReports: { intervalMs: 1_000 } };
const start = (folder: string) => startFairlead({ folder, services });

testWithEnvoy("an Envoy's load reports and access logs become metrics", start, async (lab, binary, t) => {
  const [port, tcpPort] = [await freePort(), await freePort()];
  const { plane, backends, folder } = lab;
  await plane.put("web", [
    edsCluster(mode, "service"),
    assignment("service", [backends.pick("http", 0).port]),
    edsCluster(mode, "gone"),
    assignment("gone", []),
    httpListener(mode, { name: "web", port, routes: { rds: "routes" }, remoteLog: "requests" }),
    tcpListener("tcp", tcpPort, "service", "connections"),
    routeConfiguration("routes", { "/gone": "gone", "/": "service" }),
  ]);
  const options = {
    binary,
    mode,
    xdsPort: plane.xdsPort,
    nodeId: "one",
    nodeCluster: "web",
    folder,
    reportsLoad: true,
  } as const;
  const envoy = await startEnvoy(options);
  t.after(() => envoy.stop());
  await envoy.waitUntilLive();
  const metrics = async () => await (await fetch(`${plane.adminUrl}/metrics`)).text();
  const read = async (line: string) => {
    const found = (await metrics()).split("\n").find((each) => each.startsWith(`${line} `));
    return Number(found?.slice(line.length) ?? 0);
  };
  const until = (line: string, isReached: (value: number) => boolean) =>
    waitFor(line, async () => isReached(await read(line)));

  let sent = 0;
  const send = async () => {
    sent += 1;
    assert.equal(await get(port, "/"), 200);
  };
  // Envoy reports of a cluster as of the report after the one that it came in: what it did before is never told.
  const load = 'fairlead_load_requests_total{cluster="service",result="success"}';
  await waitFor("the first report", async () => {
    await send();
    return (await read(load)) > 0;
  });
  const before = await read(load);
  for (let more = 0; more < REQUESTS; more++) await send();
  assert.equal(await get(port, "/gone"), 503);
  const socket = connect(tcpPort, "127.0.0.1").end("GET / HTTP/1.0\r\n\r\n").resume();
  await once(socket, "close");

  await until('fairlead_access_log_requests_total{cluster="service",code="2xx"}', (value) => value === sent);
  // Envoy names no cluster for a request that reached no host.
  await until('fairlead_access_log_requests_total{cluster="none",code="5xx"}', (value) => value === 1);
  await until('fairlead_access_log_entries_total{protocol="http"}', (value) => value === sent + 1);
  await until('fairlead_access_log_entries_total{protocol="tcp"}', (value) => value === 1);
  await until(load, (value) => value >= before + REQUESTS);
  assert.ok((await read(load)) <= sent + 1, "nothing is counted twice");
  const calls = 'fairlead_xds_calls{method="envoy.service.load_stats.v3.LoadReportingService/StreamLoadStats"}';
  assert.equal(await read(calls), 1);
  assert.equal((await envoy.stats("load_reporter.errors")).get("load_reporter.errors"), 0);
});

async function get(port: number, path: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  await response.arrayBuffer();
  return response.status;
}
