import assert from "node:assert/strict";
import type { Fairlead } from "../support/control-plane.ts";
import { type Stage, testFairleadInEveryMode } from "../support/lab.ts";
import { assignment, edsCluster, httpListener, type Resource, routeConfiguration } from "../support/resources.ts";
import { countLost, describeLost, untilServing } from "../support/swaps.ts";
import { startTraffic } from "../support/traffic.ts";
import { waitFor } from "../support/wait-for.ts";

interface NodeDocument {
  readonly clients?: readonly {
    readonly state: string;
    readonly types: readonly {
      readonly typeUrl: string;
      readonly state: string;
      readonly nack?: { readonly message: string };
    }[];
  }[];
}

interface Case {
  /** All that is right, with something that breaks Envoy's own rules, but none that the schema tells. */
  readonly spoil: (stage: Stage<Fairlead>, healthy: readonly Resource[]) => readonly Resource[];
  /** The same mended. Default: the bad resource is taken out again. */
  readonly mend?: (stage: Stage<Fairlead>, healthy: readonly Resource[]) => readonly Resource[];
  /** The message whose type is rejected. */
  readonly type: string;
  /** Envoy's words. */
  readonly message: RegExp;
  /** Envoy's counter of rejections. */
  readonly counter: string;
}

const CASES: Readonly<Record<string, Case>> = {
  cluster: {
    spoil: ({ mode }, healthy) => [...healthy, edsCluster(mode, "bad", undefined, { lb_policy: "CLUSTER_PROVIDED" })],
    mend: ({ mode, lab }, healthy) => [
      ...healthy,
      edsCluster(mode, "bad"),
      assignment("bad", [lab.backends.pick("http", 3).port]),
    ],
    type: "Cluster",
    message: /cluster provided LB specified/,
    counter: "cluster_manager.cds.update_rejected",
  },
  listener: {
    spoil: ({ mode }, healthy) => [
      ...healthy,
      httpListener(mode, { name: "bad", port: 1, routes: { inline: withTwoHostsForAll("inline", "service") } }),
    ],
    type: "Listener",
    message: /Only a single wildcard domain is permitted/,
    counter: "listener_manager.lds.update_rejected",
  },
  "route configuration": {
    spoil: (_, healthy) => [
      ...healthy.filter(({ name }) => name !== "routes"),
      withTwoHostsForAll("routes", "service"),
    ],
    type: "RouteConfiguration",
    message: /Only a single wildcard domain is permitted/,
    counter: "http.test.rds.routes.update_rejected",
  },
};

/** REST tells no reason, and what is rejected is offered twice: the first answer may have been lost. */
const BY_REST = { message: /presumed rejected/, times: 2 };

for (const [what, { spoil, mend, type, message, counter }] of Object.entries(CASES)) {
  testFairleadInEveryMode(`a bad ${what} is rejected once, shown, and mended`, async (stage) => {
    const { envoy, mode, port, lab, t } = stage;
    const backend = (step: number) => lab.backends.pick("http", step).id;
    await stage.put(healthy(stage, 0));
    await envoy.waitUntilLive();
    await untilServing(stage, { answeredBy: backend });
    const traffic = await startTraffic({ port });
    try {
      await stage.put(spoil(stage, healthy(stage, 0)));
      const shown = await untilRejected(stage, type);
      const expected = mode === "rest" ? BY_REST : { message, times: 1 };
      assert.match(shown, expected.message);
      // Nothing else suffers: endpoints and routes still change, and the rejected content is not sent again with them.
      const changedAt = Date.now();
      await stage.put(spoil(stage, healthy(stage, 1)));
      await traffic.untilAnsweredBy(backend(1), changedAt);
      assert.equal(
        (await envoy.stats(`^${counter.replaceAll(".", "\\.")}$`)).get(counter),
        expected.times,
        `${counter}: rejected once`,
      );

      await stage.put(mend?.(stage, healthy(stage, 1)) ?? healthy(stage, 1));
      await waitFor("the fix to be taken up", async () =>
        (await readTypes(stage)).every(({ state }) => state === "SYNCED"),
      );
      const report = await traffic.stop();
      t.diagnostic(`Envoy's words: ${shown}; ${report.sent} requests, ${countLost(report)} lost`);
      assert.equal(report.lost.length, 0, describeLost(stage, report));
      assert.equal(
        (await envoy.stats(`^${counter.replaceAll(".", "\\.")}$`)).get(counter),
        expected.times,
        `${counter}: rejected once`,
      );
    } finally {
      await traffic.kill();
    }
  });
}

/** The same cluster and listener at every step; the step moves the endpoints. */
function healthy({ mode, port, accessLog, lab }: Stage<Fairlead>, step: number) {
  return [
    edsCluster(mode, "service"),
    assignment("service", [lab.backends.pick("http", step).port]),
    httpListener(mode, { name: "web", port, routes: { rds: "routes" }, accessLog }),
    routeConfiguration("routes", { "/": "service" }),
  ];
}

function withTwoHostsForAll(name: string, cluster: string): Resource {
  const configuration = routeConfiguration(name, { "/": cluster }) as Resource & { virtual_hosts: readonly object[] };
  const [host] = configuration.virtual_hosts;
  return { ...configuration, virtual_hosts: [host, { ...host, name: "all again" }] };
}

async function untilRejected(stage: Stage<Fairlead>, type: string): Promise<string> {
  return await waitFor(`a rejected ${type} in GET /v1/nodes`, async () => {
    const types = await readTypes(stage);
    return types.find(({ typeUrl, state }) => typeUrl.endsWith(`.${type}`) && state === "REJECTED")?.nack?.message;
  });
}

async function readTypes({ lab, envoy }: Stage<Fairlead>) {
  const { clients = [] } = (await lab.plane.get(`/v1/nodes/${envoy.nodeId}`)) as NodeDocument;
  return clients.flatMap(({ types }) => types);
}
