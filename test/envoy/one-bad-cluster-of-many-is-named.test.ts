import assert from "node:assert/strict";
import type { Fairlead } from "../support/control-plane.ts";
import { type Stage, testFairleadInEveryMode } from "../support/lab.ts";
import { MODES } from "../support/modes.ts";
import { assignment, edsCluster, httpListener, type Resource, routeConfiguration } from "../support/resources.ts";
import { countLost, describeLost, untilServing } from "../support/swaps.ts";
import { startTraffic } from "../support/traffic.ts";
import { waitFor } from "../support/wait-for.ts";

interface TypeState {
  readonly typeUrl: string;
  readonly state: string;
  readonly rejected: readonly { readonly name: string; readonly message: string }[];
}

const COUNT = 50;
const BAD = "c17";
const REJECTED = "cluster_manager.cds.update_rejected";

testFairleadInEveryMode(
  "C5: of 50 new clusters one is bad: 49 are in effect, it is named, no request is lost",
  async (stage) => {
    const { mode, envoy, port, lab, t } = stage;
    const backend = (step: number) => lab.backends.pick("http", step);
    await stage.put(content(stage, [edsCluster(mode, "service")], "service", 0));
    await envoy.waitUntilLive();
    await untilServing(stage, { answeredBy: (step) => backend(step).id });
    const traffic = await startTraffic({ port });
    try {
      const names = Array.from({ length: COUNT }, (_, index) => `c${index}`);
      const clusters = names.map((name) =>
        edsCluster(mode, name, "service", name === BAD ? { lb_policy: "CLUSTER_PROVIDED" } : {}),
      );
      // Traffic moves to one of the new ones, which only the good ones allow.
      const switchedAt = Date.now();
      await stage.put(content(stage, [edsCluster(mode, "service"), ...clusters], "c0", 1));
      await traffic.untilAnsweredBy(backend(1).id, switchedAt);
      const { rejected } = await waitFor("the bad cluster in GET /v1/nodes", async () =>
        (await readTypes(stage)).find((type) => type.typeUrl.endsWith(".Cluster") && type.rejected.length > 0),
      );
      assert.deepEqual(
        rejected.map(({ name }) => name),
        [BAD],
      );
      assert.match(rejected[0]!.message, /cluster provided LB specified/);
      const good = names.filter((name) => name !== BAD);
      await waitFor("all the others in effect", async () => {
        const { active } = await envoy.dynamicClusters();
        return good.every((name) => active.has(name));
      });
      assert.ok(!(await envoy.dynamicClusters()).active.has(BAD));
      assert.equal((await envoy.stats(`^${REJECTED.replaceAll(".", "\\.")}$`)).get(REJECTED), 1, "rejected once");
      const report = await traffic.stop();
      t.diagnostic(`${report.sent} requests, ${countLost(report)} lost; Envoy's words: ${rejected[0]!.message}`);
      assert.equal(report.lost.length, 0, describeLost(stage, report));
    } finally {
      await traffic.kill();
    }
  },
  // REST gives no reason, so that nothing can be named.
  { modes: MODES.filter((mode) => mode !== "rest") },
);

function content(
  { mode, port, accessLog, lab }: Stage<Fairlead>,
  clusters: readonly Resource[],
  routed: string,
  step: number,
): readonly Resource[] {
  return [
    ...clusters,
    assignment("service", [lab.backends.pick("http", step).port]),
    httpListener(mode, { name: "web", port, routes: { rds: "routes" }, accessLog }),
    routeConfiguration("routes", { "/": routed }),
  ];
}

async function readTypes({ lab, envoy }: Stage<Fairlead>): Promise<readonly TypeState[]> {
  const { clients = [] } = (await lab.plane.get(`/v1/nodes/${envoy.nodeId}`)) as {
    clients?: readonly { readonly types: readonly TypeState[] }[];
  };
  return clients.flatMap(({ types }) => types);
}
