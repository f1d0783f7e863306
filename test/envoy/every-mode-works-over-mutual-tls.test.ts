import assert from "node:assert/strict";
import { after } from "node:test";
import { certificatesFor } from "../support/carriers.ts";
import type { Fairlead } from "../support/control-plane.ts";
import { startFairlead } from "../support/control-plane.ts";
import { type Stage, testFairleadInEveryMode } from "../support/lab.ts";
import { assignment, edsCluster, httpListener, routeConfiguration } from "../support/resources.ts";
import { makeScratch } from "../support/scratch.ts";
import { countLost, describeLost, untilServing } from "../support/swaps.ts";
import { startTraffic } from "../support/traffic.ts";

const SWAPS = 5;
const scratch = makeScratch("envoy-tls");
const { tls, files } = certificatesFor("mutual TLS", scratch.path);
after(() => scratch.remove());

// Over a connection that both sides have shown certificates on, as over plaintext: clusters are swapped behind a route.
testFairleadInEveryMode(
  "an Envoy over mutual TLS gets what it asks for, and a swap loses no request",
  async (stage) => {
    const { envoy, port, t, lab } = stage;
    await stage.put(resources(stage, 0));
    await envoy.waitUntilLive();
    const backends = [lab.backends.pick("http", 0).id, lab.backends.pick("http", 1).id];
    await untilServing(stage, { answeredBy: () => backends[0]! });
    const traffic = await startTraffic({ port });
    try {
      for (let swap = 1; swap <= SWAPS; swap++) {
        await stage.put(resources(stage, swap));
        await traffic.untilAnsweredBy(backends[swap % 2]!, Date.now());
      }
      const report = await traffic.stop();
      t.diagnostic(`${SWAPS} swaps, ${report.sent} requests, ${countLost(report)} lost`);
      assert.equal(report.lost.length, 0, describeLost(stage, report));
      const handshakes = await envoy.stats("^cluster\\.xds\\.ssl\\.handshake$");
      assert.ok((handshakes.get("cluster.xds.ssl.handshake") ?? 0) > 0, "it was not over TLS");
    } finally {
      await traffic.kill();
    }
  },
  { start: (folder) => startFairlead({ folder, tls }), envoy: { xdsTls: files } },
);

function resources({ mode, port, accessLog, lab }: Stage<Fairlead>, swap: number) {
  return [
    edsCluster(mode, `service-${swap}`),
    assignment(`service-${swap}`, [lab.backends.pick("http", swap % 2).port]),
    httpListener(mode, { name: "web", port, routes: { rds: "routes" }, accessLog }),
    routeConfiguration("routes", { "/": `service-${swap}` }),
  ];
}
