import { type Stage, testInEveryMode } from "../support/lab.ts";
import {
  aggregateCluster,
  assignment,
  edsCluster,
  httpListener,
  type Resource,
  routeConfiguration,
  staticCluster,
  tcpListener,
} from "../support/resources.ts";
import { assertUnharmed, runSwaps, type Swaps } from "../support/swaps.ts";

type Scenario = Omit<Swaps, "steps" | "intervalMs"> & Partial<Pick<Swaps, "steps" | "intervalMs">>;

const SCENARIOS: Readonly<Record<string, (stage: Stage) => Scenario>> = {
  "swapping weighted clusters": (stage) => ({
    resources: (step) => [
      ...service(stage, `first-${step}`, step),
      ...service(stage, `second-${step}`, step + 1),
      webListener(stage),
      routeConfiguration("routes", { "/": { [`first-${step}`]: 50, [`second-${step}`]: 50 } }),
    ],
    answeredBy: (step) => http(stage, step).id,
  }),

  "swapping the clusters of two routes at once": (stage) => ({
    resources: (step) => [
      ...service(stage, `first-${step}`, step),
      ...service(stage, `second-${step}`, step),
      webListener(stage),
      routeConfiguration("routes", { "/first": `first-${step}`, "/": `second-${step}` }),
    ],
    answeredBy: (step) => http(stage, step).id,
    traffic: { paths: ["/first", "/second"] },
  }),

  "swapping clusters that share a service name": (stage) => ({
    resources: (step) => [
      edsCluster(stage.mode, `service-${step}`, "shared"),
      // Every fifth step moves the endpoints too.
      assignment("shared", [http(stage, Math.floor(step / 5)).port]),
      webListener(stage),
      routeConfiguration("routes", { "/": `service-${step}` }),
    ],
    answeredBy: (step) => http(stage, Math.floor(step / 5)).id,
  }),

  "swapping static clusters": (stage) => ({
    resources: (step) => [
      staticCluster(`service-${step}`, http(stage, step).port),
      webListener(stage),
      routeConfiguration("routes", { "/": `service-${step}` }),
    ],
    answeredBy: (step) => http(stage, step).id,
  }),

  "swapping an aggregate cluster and what it takes from": (stage) => ({
    resources: (step) => [
      aggregateCluster(`all-${step}`, [`first-${step}`, `second-${step}`]),
      ...service(stage, `first-${step}`, step),
      ...service(stage, `second-${step}`, step + 1),
      webListener(stage),
      routeConfiguration("routes", { "/": `all-${step}` }),
    ],
    answeredBy: (step) => http(stage, step).id,
  }),

  "swapping what an aggregate cluster takes from": (stage) => ({
    resources: (step) => [
      aggregateCluster("all", [`first-${step}`, `second-${step}`]),
      ...service(stage, `first-${step}`, step),
      ...service(stage, `second-${step}`, step + 1),
      webListener(stage),
      routeConfiguration("routes", { "/": "all" }),
    ],
    answeredBy: (step) => http(stage, step).id,
  }),

  "swapping the cluster behind inline routes": (stage) => ({
    resources: (step) => [
      ...service(stage, `service-${step}`, step),
      httpListener(stage.mode, {
        name: "web",
        port: stage.port,
        routes: { inline: routeConfiguration("inline", { "/": `service-${step}` }) },
        accessLog: stage.accessLog,
      }),
    ],
    answeredBy: (step) => http(stage, step).id,
    isBroken: false,
  }),

  "swapping the cluster of a TCP proxy": (stage) => ({
    resources: (step) => [
      edsCluster(stage.mode, `service-${step}`),
      assignment(`service-${step}`, [stage.lab.backends.pick("tcp", step).port]),
      tcpListener("tcp", stage.port, `service-${step}`),
    ],
    answeredBy: (step) => stage.lab.backends.pick("tcp", step).id,
    traffic: { protocol: "tcp" },
    // The last step's backend is not the first's, which the connections kept from the start go on talking to.
    steps: 22,
    isBroken: false,
  }),

  "swapping the cluster of an ext_authz filter": (stage) => ({
    resources: (step) => [
      ...service(stage, "service", 0),
      edsCluster(stage.mode, `authz-${step}`),
      assignment(`authz-${step}`, [stage.lab.backends.pick("authz", step).port]),
      httpListener(stage.mode, {
        name: "web",
        port: stage.port,
        routes: { rds: "routes" },
        authzCluster: `authz-${step}`,
        accessLog: stage.accessLog,
      }),
      routeConfiguration("routes", { "/": "service" }),
    ],
    answeredBy: (step) => stage.lab.backends.pick("authz", step).id,
    traffic: { identity: "x-authz" },
    isBroken: false,
  }),

  "renaming a listener on its port": (stage) => ({
    resources: (step) => [
      ...service(stage, `service-${step}`, step),
      webListener(stage, { name: `web-${step}` }),
      routeConfiguration("routes", { "/": `service-${step}` }),
    ],
    answeredBy: (step) => http(stage, step).id,
    isBroken: false,
  }),

  "renaming a listener and its routes": (stage) => ({
    resources: (step) => [
      ...service(stage, `service-${step}`, step),
      webListener(stage, { name: `web-${step}`, rds: `routes-${step}` }),
      routeConfiguration(`routes-${step}`, { "/": `service-${step}` }),
    ],
    answeredBy: (step) => http(stage, step).id,
    isBroken: false,
  }),

  "giving a listener's routes another name": (stage) => ({
    resources: (step) => [
      ...service(stage, `service-${step}`, step),
      webListener(stage, { rds: `routes-${step}` }),
      routeConfiguration(`routes-${step}`, { "/": `service-${step}` }),
    ],
    answeredBy: (step) => http(stage, step).id,
    isBroken: false,
  }),
};

for (const [title, scenario] of Object.entries(SCENARIOS)) {
  testInEveryMode(title, async (stage) => {
    assertUnharmed(stage, await runSwaps(stage, { steps: 12, intervalMs: 300, ...scenario(stage) }));
  });
}

function http({ lab }: Stage, number: number) {
  return lab.backends.pick("http", number);
}

function service(stage: Stage, name: string, backend: number): readonly Resource[] {
  return [edsCluster(stage.mode, name), assignment(name, [http(stage, backend).port])];
}

function webListener({ mode, port, accessLog }: Stage, { name = "web", rds = "routes" } = {}): Resource {
  return httpListener(mode, { name, port, routes: { rds }, accessLog });
}
