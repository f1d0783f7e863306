import { whyFigureless } from "./figureless.ts";
import type { Behaviour, Connecting, DriverPlan, HttpTemplate, Plan, Scenario, Target } from "./plan.ts";
import type { PlanFile } from "./schema.ts";
import { mentions } from "./template.ts";

/** Something that contradicts something else, by the path of what is to be changed. */
export interface Contradiction {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** What the file says, in the run's own terms; defaults that depend on others are filled in here. */
export function toPlan(file: PlanFile): Plan {
  const { target, tls, driver, population, server, name, generatorCpus } = file;
  return {
    ...(name !== undefined && { name }),
    target: { ...target, ...(tls && { tls: tlsOf(tls) }) },
    protocol: file.protocol,
    streams: file.streams,
    streamsPerConnection: file.streamsPerConnection,
    ...(file.protocol === "rest" && { pollMs: file.poll ?? DEFAULT_POLL_MS }),
    node: nodeOf(file.node),
    workload: workloadOf(file),
    driver: driverOf(driver),
    scenario: scenarioOf(file),
    population: population.map((one) => ({ share: one.share, behaviour: behaviourOf(one) })),
    generators: file.generators,
    ...(generatorCpus !== undefined && { generatorCpus }),
    server: {
      ...(server.pid !== undefined && { pid: server.pid }),
      ...(server.prometheus !== undefined && { prometheusUrl: server.prometheus }),
    },
    thresholds: file.thresholds,
  };
}

function tlsOf({ ca, cert, key, serverName, insecure }: NonNullable<PlanFile["tls"]>): NonNullable<Target["tls"]> {
  return {
    ...(ca !== undefined && { caFile: ca }),
    ...(cert !== undefined && { certFile: cert }),
    ...(key !== undefined && { keyFile: key }),
    ...(serverName !== undefined && { serverName }),
    insecure,
  };
}

function nodeOf({ id, cluster, locality, metadata }: PlanFile["node"]): Plan["node"] {
  const { region, zone, subZone } = locality ?? {};
  const place = {
    ...(region !== undefined && { region }),
    ...(zone !== undefined && { zone }),
    ...(subZone !== undefined && { subZone }),
  };
  return { id, cluster, ...(locality && { locality: place }), ...(metadata && { metadata }) };
}

function workloadOf({ workload, driver }: PlanFile): Plan["workload"] {
  const isObserved = driver.kind === "none";
  const type = workload.type ?? (isObserved ? "clusters" : "endpoints");
  return {
    type,
    count: workload.count,
    endpoints: workload.endpoints,
    nameTemplate: workload.names,
    subscribe: workload.subscribe ?? (type === "clusters" ? "wildcard" : "all"),
    ...(workload.stride !== undefined && { stride: workload.stride }),
    change: workload.change,
    recognise: workload.recognise ?? (isObserved ? "bytes" : "mark"),
  };
}

function driverOf(driver: PlanFile["driver"]): DriverPlan {
  switch (driver.kind) {
    case "none":
    case "exec":
      return driver;
    case "fairlead": {
      const { admin, group, token } = driver;
      return { kind: "fairlead", adminUrl: admin, group, ...(token !== undefined && { token }) };
    }
    case "registry":
      return { kind: "registry", adminUrl: driver.admin };
    case "http": {
      const { setup, change, teardown } = driver;
      return {
        kind: "http",
        ...(setup && { setup: httpOf(setup) }),
        change: httpOf(change),
        ...(teardown && { teardown: httpOf(teardown) }),
      };
    }
  }
}

type HttpFile = Extract<PlanFile["driver"], { kind: "http" }>["change"];

function httpOf({ method, url, headers, body }: HttpFile): HttpTemplate {
  return { method, url, headers, ...(body !== undefined && { body }) };
}

function scenarioOf({ scenario: it, driver }: PlanFile): Scenario {
  const connecting = connectingOf(it.connect);
  switch (it.kind) {
    case "connect":
      return { kind: it.kind, connecting, holdMs: it.hold };
    case "steady":
    case "soak":
      return {
        kind: it.kind,
        connecting,
        changesPerSecond: it.rate ?? (driver.kind === "none" ? 0 : DEFAULT_CHANGES_PER_SECOND),
        warmupMs: it.warmup,
        durationMs: it.duration,
        ...(it.churn && {
          churn: { streamsPerSecond: it.churn.streams, subscriptionsPerSecond: it.churn.subscriptions },
        }),
      };
    case "fanout":
      return { kind: it.kind, connecting, changes: it.changes, pauseMs: it.pause, patienceMs: it.patience };
    case "saturation":
      return { kind: it.kind, connecting, ahead: it.ahead, warmupMs: it.warmup, durationMs: it.duration };
    case "search": {
      const { kind, vary, from, to, precision, rate, warmup, duration } = it;
      const step = { changesPerSecond: rate, warmupMs: warmup, durationMs: duration };
      return { kind, connecting, vary, from, to, precision, ...step };
    }
    case "reconnect":
      return {
        kind: it.kind,
        connecting,
        share: it.share,
        rounds: it.rounds,
        reconnecting: connectingOf(it.reconnect),
        changesPerSecond: it.rate,
        pauseMs: it.pause,
      };
  }
}

const DEFAULT_CHANGES_PER_SECOND = 10;
const DEFAULT_POLL_MS = 1_000;

function connectingOf({ rate, atOnce }: PlanFile["scenario"]["connect"]): Connecting {
  return { atOnce, ...(rate !== undefined && { perSecond: rate }) };
}

function behaviourOf({ behaviour, read }: PlanFile["population"][number]): Behaviour {
  return behaviour === "slow-reader" ? { kind: behaviour, bytesPerSecond: read ?? 1_024 } : { kind: behaviour };
}

/** What of a plan contradicts itself. Each is right where it stands alone, so this comes after the schema. */
export function contradictionsOf(file: PlanFile): Contradiction[] {
  const { driver, scenario, workload, tls, population } = file;
  const found: Contradiction[] = [];
  const say = (path: readonly PropertyKey[], message: string) => found.push({ path, message });

  if ((tls?.cert === undefined) !== (tls?.key === undefined)) {
    say(["tls", tls?.cert === undefined ? "key" : "cert"], "cert and key go together: give both, or neither");
  }
  if (driver.kind === "none") {
    if ("rate" in scenario && (scenario.rate ?? 0) > 0 && scenario.kind !== "search") {
      say(["scenario", "rate"], `nothing changes the server: a rate needs a driver (${DRIVERS})`);
    }
    if (scenario.kind === "fanout" || scenario.kind === "saturation" || scenario.kind === "search") {
      say(["scenario", "kind"], `nothing changes the server: ${scenario.kind} needs a driver (${DRIVERS})`);
    }
  } else if (workload.recognise === "bytes" && (scenario.kind === "fanout" || scenario.kind === "saturation")) {
    say(["workload", "recognise"], `${scenario.kind} waits until all have a change, which only the mark tells`);
  }
  if (workload.count > 1 && !mentions(workload.names, "i")) {
    say(["workload", "names"], `${workload.count} resources need a name each: put {i} into it, such as bench-{i}`);
  }
  if (file.driver.kind === "registry" && workload.type === "clusters")
    say(["workload", "type"], "what the registry changes of a service are its endpoints");
  if (typeof workload.subscribe === "object" && workload.subscribe.each > workload.count) {
    say(
      ["workload", "subscribe"],
      `${workload.subscribe.each} names each, but there are ${workload.count} (workload.count)`,
    );
  }
  if (workload.stride !== undefined && typeof workload.subscribe !== "object") {
    say(["workload", "stride"], "streams that ask for all begin at the first: give workload.subscribe, such as 10");
  }
  if (scenario.kind === "steady" || scenario.kind === "soak") {
    if (scenario.rate === 0 && driver.kind !== "none")
      say(["scenario", "rate"], "no changes: use the driver none instead");
  }
  if (scenario.kind === "search") {
    const { from, to, vary, rate } = scenario;
    if (from >= to) say(["scenario", "to"], `has to be above from, which is ${from}, got ${to}`);
    if (vary === "streams" && !(Number.isInteger(from) && Number.isInteger(to))) {
      say(["scenario", "from"], "streams are whole: expected whole numbers from and to");
    }
    if (vary === "streams" && rate === 0)
      say(["scenario", "rate"], "no changes: there is nothing to hold a threshold of");
    if (file.thresholds.length === 0) {
      say(["thresholds"], "a search needs something that holds or not: give a threshold such as p99 < 100ms");
    }
  }
  for (const [index, { metric }] of file.thresholds.entries()) {
    const why = whyFigureless(metric, file);
    if (why !== undefined) say(["thresholds", index], why);
  }
  const shares = population.reduce((sum, { share }) => sum + share, 0);
  if (Math.abs(shares - 1) > 1e-6) {
    say(["population"], `shares have to add up to 100%, and are ${Number((shares * 100).toFixed(4))}%`);
  }
  for (const [index, { behaviour, read, share }] of population.entries()) {
    if (behaviour !== "slow-reader" && read !== undefined) {
      say(["population", index, "read"], `only a slow-reader has it, and this is ${behaviour}`);
    }
    if (behaviour === "healthy" && share === 0)
      say(["population", index, "share"], "nobody is healthy: latencies are told of the healthy");
  }
  if (!population.some(({ behaviour }) => behaviour === "healthy")) {
    say(["population"], "nobody is healthy, and latencies are told of the healthy: add a share of them");
  }
  if (file.protocol === "rest" || file.protocol === "raw") {
    const what = file.protocol === "rest" ? "polls" : "bare TCP";
    if (scenario.kind === "reconnect")
      say(["scenario", "kind"], `${what}: there are no streams to cut off; choose a protocol of streams`);
    if ("churn" in scenario && (scenario.churn?.subscriptions ?? 0) > 0) {
      say(["scenario", "churn", "subscriptions"], `${what}: there are no subscriptions to change`);
    }
    const slow = population.findIndex(({ behaviour }) => behaviour === "slow-reader");
    if (slow >= 0) say(["population", slow, "behaviour"], `${what}: there is no stream to read slowly`);
  }
  if (file.poll !== undefined && file.protocol !== "rest")
    say(["poll"], `only rest polls, and the protocol is ${file.protocol}`);
  return found;
}

const DRIVERS = "--driver fairlead, registry, http or exec";
