import assert from "node:assert/strict";
import { makeCertificate } from "../support/certificate.ts";
import { type Stage, testInEveryMode } from "../support/lab.ts";
import {
  assignment,
  edsCluster,
  httpListener,
  type Resource,
  routeConfiguration,
  tlsClient,
  tlsSecret,
} from "../support/resources.ts";
import { countLost, describeLost, untilBroken, untilServing, watchRejections } from "../support/swaps.ts";
import { startTraffic } from "../support/traffic.ts";
import { waitFor } from "../support/wait-for.ts";

const certificate = makeCertificate("client.local");

/** What keeps the cluster `stuck` from warming, and what lets it. */
const CASES: Readonly<Record<string, { readonly without: MakeResources; readonly fixed: MakeResources }>> = {
  endpoints: {
    without: ({ mode }) => [edsCluster(mode, "stuck")],
    fixed: ({ mode, lab }) => [edsCluster(mode, "stuck"), assignment("stuck", [lab.backends.pick("http", 5).port])],
  },
  "its secret": {
    without: ({ mode, lab }) => [
      edsCluster(mode, "stuck", undefined, tlsClient(mode, "client")),
      assignment("stuck", [lab.backends.pick("http", 5).port]),
    ],
    // With the secret it warms, and then speaks TLS to a backend that does not: so the fix drops TLS as well.
    fixed: ({ mode, lab }) => [
      edsCluster(mode, "stuck"),
      assignment("stuck", [lab.backends.pick("http", 5).port]),
      tlsSecret("client", certificate.certificate, certificate.privateKey),
    ],
  },
};

type MakeResources = (stage: Stage) => readonly Resource[];

for (const [lack, { without, fixed }] of Object.entries(CASES)) {
  testInEveryMode(`a cluster without ${lack} and its fix cost the others nothing`, async (stage) => {
    const { envoy, port, lab, t } = stage;
    const backend = (number: number) => lab.backends.pick("http", number).id;
    await stage.put(healthy(stage, 0));
    await envoy.waitUntilLive();
    await untilServing(stage, { answeredBy: () => backend(0) });
    const rejections = watchRejections(envoy);
    const traffic = await startTraffic({ port, paths: ["/healthy"] });
    try {
      await stage.put([...healthy(stage, 0), ...without(stage)]);
      await waitFor("the stuck cluster to warm in vain", async () => {
        const { active, warming } = await envoy.dynamicClusters();
        return warming.has("stuck") || active.has("stuck");
      });
      // The others go on: a swap is taken up although the stuck cluster keeps Envoy from acknowledging its clusters.
      const swappedAt = Date.now();
      await stage.put([...healthy(stage, 1), ...without(stage)]);
      const swapSeenAt = await traffic.untilAnsweredBy(backend(1), swappedAt, 60_000);
      const fixedAt = Date.now();
      const mended = [...healthy(stage, 2, { "/stuck": "stuck" }), ...fixed(stage)];
      await stage.put(mended);
      const fixSeenAt = await traffic.untilAnsweredBy(backend(2), fixedAt, 60_000);
      await untilBroken(stage, mended);
      const report = await traffic.stop();
      await untilStuckAnswers(stage, backend(5));
      t.diagnostic(
        `swap beside it in effect after ${Math.round(swapSeenAt - swappedAt)} ms, fix after ${Math.round(fixSeenAt - fixedAt)} ms; ` +
          `${report.sent} requests, ${countLost(report)} lost`,
      );
      assert.equal(report.lost.length, 0, describeLost(stage, report));
      assert.deepEqual([...(await rejections.stop())], []);
    } finally {
      await traffic.kill();
      await rejections.stop();
    }
  });
}

function healthy({ mode, port, accessLog, lab }: Stage, step: number, more: Readonly<Record<string, string>> = {}) {
  return [
    edsCluster(mode, `service-${step}`),
    assignment(`service-${step}`, [lab.backends.pick("http", step).port]),
    httpListener(mode, { name: "web", port, routes: { rds: "routes" }, accessLog }),
    routeConfiguration("routes", { ...more, "/": `service-${step}` }),
  ];
}

async function untilStuckAnswers({ port }: Stage, backend: string): Promise<void> {
  await waitFor("the mended cluster to answer", async () => {
    const response = await fetch(`http://127.0.0.1:${port}/stuck`);
    return (await response.text()) === backend;
  });
}
