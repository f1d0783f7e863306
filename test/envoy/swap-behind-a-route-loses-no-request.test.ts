import { type Stage, testInEveryMode } from "../support/lab.ts";
import { assignment, edsCluster, httpListener, routeConfiguration } from "../support/resources.ts";
import { assertUnharmed, runSwaps } from "../support/swaps.ts";

/** Every step replaces the cluster that the route names by another one with another endpoint. */
function swapCluster({ mode, port, accessLog, lab }: Stage, step: number) {
  const cluster = `service-${step}`;
  return [
    edsCluster(mode, cluster),
    assignment(cluster, [lab.backends.pick("http", step).port]),
    httpListener(mode, { name: "web", port, routes: { rds: "routes" }, accessLog }),
    routeConfiguration("routes", { "/": cluster }),
  ];
}

for (const [title, steps, intervalMs] of [
  ["swapping the cluster behind a route every 0.2 s", 100, 200],
  ["swapping it faster than the ACKs come", 200, 0],
  ["swapping it every 2 s", 100, 2_000],
] as const) {
  testInEveryMode(title, async (stage) => {
    const resources = (step: number) => swapCluster(stage, step);
    const answeredBy = (step: number) => stage.lab.backends.pick("http", step).id;
    assertUnharmed(stage, await runSwaps(stage, { resources, answeredBy, steps, intervalMs }));
  });
}
