import assert from "node:assert/strict";
import { startBackends } from "../support/backends.ts";
import type { Envoy } from "../support/envoy.ts";
import { announceInstances, type Running } from "../support/instances.ts";
import { testFairleadInEveryMode } from "../support/lab.ts";
import { httpListener } from "../support/resources.ts";
import { startTraffic } from "../support/traffic.ts";
import { waitFor } from "../support/wait-for.ts";

testFairleadInEveryMode(
  "instances register, drain, die and come back: requests are lost only that an instance had when it was killed",
  async (stage) => {
    const { t, mode, port, group, envoy, accessLog, put, lab } = stage;
    // A name of its own in each mode, since they share the server; its routes have the same name.
    const service = `web-${mode}`;
    await put([httpListener(mode, { name: "web", port, routes: { rds: service }, accessLog })]);
    const instances = await announceInstances(lab.plane.adminUrl, service, { groups: [group] }, runHttp);
    let traffic: Awaited<ReturnType<typeof startTraffic>> | undefined;
    try {
      const servers = await Promise.all([0, 1, 2].map(instances.start));
      await envoy.waitUntilLive();
      await waitFor("three hosts", async () => (await hostsOf(envoy, service)).size === 3);
      traffic = await startTraffic({ port });
      for (const number of [0, 1, 2]) await traffic.untilAnsweredBy(`http-${number}`, 0);

      await instances.drain(0);
      await waitFor("instance 0 to have nothing left", async () => {
        const host = (await hostsOf(envoy, service)).get(servers[0]!.port);
        return host?.health_flags?.includes("eds_status_draining") && host.rq_active === "0";
      });
      await instances.leave(0);
      await waitFor("two hosts", async () => (await hostsOf(envoy, service)).size === 2);
      await instances.start(0);
      await traffic.untilAnsweredBy("http-0", Date.now());

      const from = Date.now();
      await instances.kill(1);
      const to = Date.now();
      await waitFor("its silence to be noticed", async () => (await instances.known()).healthy === 2);
      await instances.start(1);
      await traffic.untilAnsweredBy("http-1", Date.now());

      const { sent, lost } = await traffic.stop();
      t.diagnostic(`${sent} requests, ${lost.length} lost`);
      const others = lost.filter(({ at, afterMs }) => at > to || at + afterMs < from);
      assert.deepEqual(others, [], `requests were lost that instance 1 cannot have had; ${envoy.logPath}`);
      assert.ok(lost.length > 0, "killing an instance lost nothing: the traffic is too weak to show anything");
    } finally {
      await traffic?.kill();
      await instances.stop();
    }
  },
  { modes: ["ads-sotw", "ads-delta"] },
);

/** A server whose answers take up to half a second, so that it always has some to finish. */
async function runHttp(number: number): Promise<Running> {
  const backends = await startBackends({ http: 1, tcp: 0, authz: 0, firstId: number });
  return { port: backends.pick("http", 0).port, stop: backends.stop };
}

type Host = Readonly<Record<string, string>>;

/** The hosts of a cluster as Envoy has them, by port. */
async function hostsOf(envoy: Envoy, cluster: string): Promise<Map<number, Host>> {
  const hosts = new Map<number, Record<string, string>>();
  for (const line of (await envoy.admin("/clusters")).split("\n")) {
    const [name, address, key, value] = line.split("::");
    if (name !== cluster || value === undefined) continue;
    const port = Number(address!.split(":").at(-1));
    if (!Number.isInteger(port)) continue;
    const host = hosts.get(port) ?? {};
    hosts.set(port, host);
    host[key!] = value;
  }
  return hosts;
}
