import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Envoy } from "./envoy.ts";
import type { Stage } from "./lab.ts";
import { assignment, edsCluster, httpListener, type Resource, routeConfiguration } from "./resources.ts";
import { type Answer, startTraffic, type TrafficPlan, type TrafficReport } from "./traffic.ts";
import { waitFor } from "./wait-for.ts";

/** Every step replaces the cluster that the route names by another one with another endpoint. */
export function swappedCluster({ mode, port, accessLog, lab }: Stage, step: number): readonly Resource[] {
  const cluster = `service-${step}`;
  return [
    edsCluster(mode, cluster),
    assignment(cluster, [lab.backends.pick("http", step).port]),
    httpListener(mode, { name: "web", port, routes: { rds: "routes" }, accessLog }),
    routeConfiguration("routes", { "/": cluster }),
  ];
}

/** A series of configurations that is put under traffic, one after the other. */
export interface Swaps {
  /** Everything the group holds at a step; step 0 is there before traffic starts. */
  resources(step: number): readonly Resource[];
  /** Who answers requests at that step. */
  answeredBy(step: number): string;
  /** How many follow step 0. */
  readonly steps: number;
  /** Time from one PUT to the next; 0 puts as fast as the server takes them. */
  readonly intervalMs: number;
  readonly traffic?: Partial<TrafficPlan>;
  /**
   * Whether to wait, under traffic, until Envoy holds the last step's clusters only.
   * `false` where a listener changes: its clusters stay until its connections have drained, 610 s. Default `true`.
   */
  readonly isBroken?: boolean;
}

/** What a series of swaps led to. */
export interface SwapOutcome {
  readonly traffic: TrafficReport;
  /** `update_rejected` by stat, those above 0 only. */
  readonly rejections: ReadonlyMap<string, number>;
  /** Per step that was seen in an answer: from PUT to the sending of the first request that the new backend answered. */
  readonly visibleAfterMs: readonly number[];
}

const SETTLE_MS = 3_000;

/** Puts each step under traffic and waits until the last one is in effect. */
export async function runSwaps(stage: Stage, swaps: Swaps): Promise<SwapOutcome> {
  await stage.put(swaps.resources(0));
  await stage.envoy.waitUntilLive();
  await untilServing(stage, swaps);
  const rejections = watchRejections(stage.envoy);
  const traffic = await startTraffic({ port: stage.port, ...swaps.traffic });
  try {
    const putAt = await putAll(stage, swaps);
    await traffic.untilAnsweredBy(swaps.answeredBy(swaps.steps), putAt.at(-1)!, 60_000);
    if (swaps.isBroken !== false) await untilBroken(stage, swaps.resources(swaps.steps));
    // What breaks too early does so about now: the server lingers for 2 s before it removes.
    await sleep(SETTLE_MS);
    const report = await traffic.stop();
    return {
      traffic: report,
      rejections: await rejections.stop(),
      visibleAfterMs: visibility(swaps, putAt, report.answers),
    };
  } finally {
    await traffic.kill();
    await rejections.stop();
  }
}

/** Fails unless not a request was lost and nothing rejected; reports the figures. */
export function assertUnharmed(stage: Stage, outcome: SwapOutcome): void {
  report(stage.t, outcome);
  const { traffic, rejections } = outcome;
  assert.ok(traffic.sent > 0, "the traffic sent requests");
  assert.equal(traffic.lost.length, 0, `lost requests:\n${describeLost(stage, traffic)}`);
  assert.deepEqual([...rejections], [], `rejected updates; Envoy's log: ${stage.envoy.logPath}`);
}

/** Prints the figures of a run. */
export function report(t: TestContext, { traffic, visibleAfterMs }: SwapOutcome): void {
  const sorted = visibleAfterMs.toSorted((first, second) => first - second);
  const at = (share: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN);
  const seconds = (traffic.durationMs / 1000).toFixed(1);
  t.diagnostic(
    `${traffic.sent} requests in ${seconds} s over ${traffic.connections} connections, ${countLost(traffic)} lost` +
      `${traffic.heldBack > 0 ? `, ${traffic.heldBack} held back as the machine was slow` : ""}; ` +
      `${sorted.length} steps seen, in effect after ${at(0.5)} ms (median), ${at(1)} ms (longest)`,
  );
}

/** The number of lost requests and how they were lost, for messages. */
export function countLost({ lost }: TrafficReport): string {
  const byFailure = Map.groupBy(lost, ({ failure }) => failure);
  const parts = [...byFailure].map(([failure, requests]) => `${requests.length} ${failure}`);
  return parts.length === 0 ? "0" : `${lost.length} (${parts.join(", ")})`;
}

/** Waits until a single request is answered as step 0 says. */
export async function untilServing(stage: Stage, swaps: Pick<Swaps, "answeredBy" | "traffic">): Promise<void> {
  await waitFor(
    () => `step 0 to be in effect; Envoy's log: ${stage.envoy.logPath}`,
    async () => {
      const probe = await startTraffic({ port: stage.port, ...swaps.traffic, requestsPerSecond: 20, keptAlive: 0 });
      await probe.untilAnsweredBy(swaps.answeredBy(0), 0, 3_000).finally(() => probe.kill());
      return true;
    },
  );
}

/** Looks at Envoy's `update_rejected` once a second: such a stat goes away with its cluster or listener. */
export function watchRejections(envoy: Envoy): { stop(): Promise<ReadonlyMap<string, number>> } {
  const worst = new Map<string, number>();
  const look = async () => {
    for (const [name, value] of await envoy.stats("update_rejected$")) {
      if (value > (worst.get(name) ?? 0)) worst.set(name, value);
    }
  };
  const timer = setInterval(() => void look().catch(() => {}), 1_000);
  let last: Promise<void> | undefined;
  return {
    stop: async () => {
      clearInterval(timer);
      last ??= look();
      await last;
      return worst;
    },
  };
}

/** Waits until Envoy holds the clusters among `resources` and no other. */
export async function untilBroken(stage: Stage, resources: readonly Resource[]): Promise<void> {
  const wanted = resources.filter((resource) => resource["@type"].endsWith(".Cluster")).map(({ name }) => name);
  let held: readonly string[] = [];
  await waitFor(
    () => `Envoy to hold only ${wanted.join(", ")}; it holds ${held.join(", ")}`,
    async () => {
      const { active, warming } = await stage.envoy.dynamicClusters();
      held = [...new Set([...active.keys(), ...warming.keys()])];
      return held.length === wanted.length && wanted.every((name) => held.includes(name as string));
    },
    { timeoutMs: 60_000, intervalMs: 250 },
  );
}

/** The first lost requests and what Envoy logged about them. */
export function describeLost(stage: Stage, { lost }: TrafficReport): string {
  const lines = lost.slice(0, 8).map((request) => {
    const { at, afterMs, failure, connection, path, detail } = request;
    return `${new Date(at).toISOString()} ${failure} after ${afterMs} ms on a ${connection} connection, ${path}: ${JSON.stringify(detail)}`;
  });
  const logged = existsSync(stage.accessLog) ? readFileSync(stage.accessLog, "utf8").split("\n").slice(0, 8) : [];
  return [...lines, "Envoy's access log:", ...logged, `Envoy's log: ${stage.envoy.logPath}`].join("\n");
}

async function putAll(stage: Stage, swaps: Swaps): Promise<readonly number[]> {
  const putAt = [0];
  const startedAt = Date.now();
  for (let step = 1; step <= swaps.steps; step++) {
    await sleep(Math.max(0, startedAt + step * swaps.intervalMs - Date.now()));
    putAt.push(Date.now());
    await stage.put(swaps.resources(step));
  }
  return putAt;
}

function visibility(swaps: Swaps, putAt: readonly number[], answers: readonly Answer[]): readonly number[] {
  const delays: number[] = [];
  for (let step = 1; step <= swaps.steps; step++) {
    const wanted = swaps.answeredBy(step);
    const [from, to] = [putAt[step]!, putAt[step + 1] ?? Number.POSITIVE_INFINITY];
    const first = answers.find(([sentAt, by]) => by === wanted && sentAt >= from && sentAt < to);
    if (first !== undefined) delays.push(first[0] - from);
  }
  return delays;
}
