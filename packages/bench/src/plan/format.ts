import { stringify } from "yaml";
import { formatAddress } from "./address.ts";
import type { Behaviour, Connecting, DriverPlan, Plan, Scenario } from "./plan.ts";
import { formatDuration } from "./units.ts";

/** The plan as a file would have it, all defaults written out: read again it is the same plan. Tokens are left out. */
export function formatPlan(plan: Plan): string {
  const { target, workload, server, population, thresholds } = plan;
  const { tls } = target;
  return stringify(
    withoutNothing({
      name: plan.name,
      target: formatAddress(target),
      tls: tls && {
        ...{ ca: tls.caFile, cert: tls.certFile, key: tls.keyFile },
        ...{ serverName: tls.serverName, insecure: tls.insecure },
      },
      protocol: plan.protocol,
      streams: plan.streams,
      streamsPerConnection: plan.streamsPerConnection,
      poll: plan.pollMs === undefined ? undefined : formatDuration(plan.pollMs),
      node: plan.node,
      workload: {
        type: workload.type,
        count: workload.count,
        endpoints: workload.endpoints,
        names: workload.nameTemplate,
        subscribe: typeof workload.subscribe === "string" ? workload.subscribe : workload.subscribe.each,
        stride: workload.stride,
        change: workload.change,
        recognise: workload.recognise,
      },
      driver: driverOf(plan.driver),
      scenario: scenarioOf(plan.scenario),
      population: population.map(({ share, behaviour }) => ({ share: percent(share), ...behaviourOf(behaviour) })),
      generators: plan.generators,
      generatorCpus: plan.generatorCpus,
      server: Object.keys(server).length > 0 ? { pid: server.pid, prometheus: server.prometheusUrl } : undefined,
      thresholds: thresholds.map(({ text }) => text),
    }),
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
}

function driverOf(driver: DriverPlan): unknown {
  if (driver.kind === "none") return driver.kind;
  if (driver.kind === "registry") return { kind: driver.kind, admin: driver.adminUrl };
  if (driver.kind !== "fairlead") return driver;
  return { kind: driver.kind, admin: driver.adminUrl, group: driver.group };
}

function scenarioOf(scenario: Scenario): unknown {
  const { kind } = scenario;
  const connect = connectingOf(scenario.connecting);
  switch (kind) {
    case "connect":
      return { kind, hold: formatDuration(scenario.holdMs), connect };
    case "steady":
    case "soak": {
      const { changesPerSecond, churn } = scenario;
      return {
        ...{ kind, rate: perSecond(changesPerSecond), ...timesOf(scenario) },
        churn: churn && {
          streams: perSecond(churn.streamsPerSecond),
          subscriptions: perSecond(churn.subscriptionsPerSecond),
        },
        connect,
      };
    }
    case "fanout": {
      const { changes, pauseMs, patienceMs } = scenario;
      return { kind, changes, pause: formatDuration(pauseMs), patience: formatDuration(patienceMs), connect };
    }
    case "saturation":
      return { kind, ahead: scenario.ahead, ...timesOf(scenario), connect };
    case "search": {
      const { vary, from, to, precision, changesPerSecond } = scenario;
      const bounds = { vary, from, to, precision: percent(precision) };
      return { kind, ...bounds, rate: perSecond(changesPerSecond), ...timesOf(scenario), connect };
    }
    case "reconnect": {
      const { share, rounds, reconnecting, changesPerSecond, pauseMs } = scenario;
      const cut = { share: percent(share), rounds, reconnect: connectingOf(reconnecting) };
      return { kind, ...cut, rate: perSecond(changesPerSecond), pause: formatDuration(pauseMs), connect };
    }
  }
}

function timesOf({ warmupMs, durationMs }: { readonly warmupMs: number; readonly durationMs: number }) {
  return { warmup: formatDuration(warmupMs), duration: formatDuration(durationMs) };
}

function connectingOf({ perSecond: rate, atOnce }: Connecting) {
  return { ...(rate !== undefined && { rate: perSecond(rate) }), atOnce };
}

function behaviourOf(behaviour: Behaviour) {
  if (behaviour.kind !== "slow-reader") return { behaviour: behaviour.kind };
  return { behaviour: behaviour.kind, read: `${behaviour.bytesPerSecond}B/s` };
}

function perSecond(rate: number): string {
  return `${rate}/s`;
}

function percent(share: number): string | number {
  return Number.isInteger(share * 100) ? `${share * 100}%` : share;
}

function withoutNothing(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
