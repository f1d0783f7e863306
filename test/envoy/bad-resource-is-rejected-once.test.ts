import assert from "node:assert/strict";
import type { Fairlead } from "../support/control-plane.ts";
import { type Stage, testFairleadInEveryMode } from "../support/lab.ts";
import { assignment, edsCluster, httpListener, type Resource, routeConfiguration } from "../support/resources.ts";
import { describeLost, untilServing } from "../support/swaps.ts";
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
  /** What breaks only Envoy's own rules, none that the schema tells. */
  readonly bad: (stage: Stage<Fairlead>) => readonly Resource[];
  readonly fixed: (stage: Stage<Fairlead>) => readonly Resource[];
  /** The message whose type is rejected. */
  readonly type: string;
  /** Envoy's words. */
  readonly message: RegExp;
  /** Envoy's counter of rejections. */
  readonly counter: string;
}

const CASES: Readonly<Record<string, Case>> = {
  cluster: {
    bad: ({ mode }) => [edsCluster(mode, "bad", undefined, { lb_policy: "CLUSTER_PROVIDED" })],
    fixed: ({ mode, lab }) => [edsCluster(mode, "bad"), assignment("bad", [lab.backends.pick("http", 3).port])],
    type: "Cluster",
    message: /CLUSTER_PROVIDED/,
    counter: "cluster_manager.cds.update_rejected",
  },
  listener: {
    bad: ({ mode }) => [withoutFilters(httpListener(mode, { name: "bad", port: 1, routes: { rds: "routes" } }))],
    fixed: () => [],
    type: "Listener",
    message: /bad/,
    counter: "listener_manager.lds.update_rejected",
  },
};

for (const [what, { bad, fixed, type, message, counter }] of Object.entries(CASES)) {
  testFairleadInEveryMode(`a bad ${what} is rejected once, shown, and mended`, async (stage) => {
    const { envoy, port, lab, t } = stage;
    const backend = (step: number) => lab.backends.pick("http", step).id;
    await stage.put(healthy(stage, 0));
    await envoy.waitUntilLive();
    await untilServing(stage, { answeredBy: backend });
    const traffic = await startTraffic({ port });
    try {
      await stage.put([...healthy(stage, 0), ...bad(stage)]);
      const shown = await untilRejected(stage, type);
      assert.match(shown, message);
      // Nothing else suffers: endpoints and routes still change, and the rejected content is not sent again with them.
      const changedAt = Date.now();
      await stage.put([...healthy(stage, 1), ...bad(stage)]);
      await traffic.untilAnsweredBy(backend(1), changedAt);
      assert.equal(
        (await envoy.stats(`^${counter.replaceAll(".", "\\.")}$`)).get(counter),
        1,
        `${counter}: rejected once`,
      );

      await stage.put([...healthy(stage, 1), ...fixed(stage)]);
      await waitFor("the fix to be taken up", async () =>
        (await readTypes(stage)).every(({ state }) => state === "SYNCED"),
      );
      const report = await traffic.stop();
      t.diagnostic(`Envoy's words: ${shown}; ${report.sent} requests, ${report.lost.length} lost`);
      assert.equal(report.lost.length, 0, describeLost(stage, report));
      assert.equal(
        (await envoy.stats(`^${counter.replaceAll(".", "\\.")}$`)).get(counter),
        1,
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

/** An HTTP connection manager must end in the router; the schema does not say so. */
function withoutFilters(listener: Resource): Resource {
  const copy = structuredClone(listener) as Resource & {
    filter_chains: { filters: { typed_config: { http_filters: unknown[] } }[] }[];
  };
  copy.filter_chains[0]!.filters[0]!.typed_config.http_filters = [];
  return copy;
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
