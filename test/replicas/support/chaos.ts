import { setTimeout as sleep } from "node:timers/promises";
import type { Etcd } from "../../support/etcd.ts";
import { waitFor } from "../../support/wait-for.ts";
import { markedResources } from "./marks.ts";
import type { ReplicaProcess } from "./replica-set.ts";
import { type MarkedStreams, openStreams } from "./streams.ts";
import { startWriter, type Writer } from "./writer.ts";

/** What is done to replicas and their store. */
export interface ChaosPlan {
  readonly streams: number;
  readonly leaderKills: number;
  /** How long one replica is cut off from etcd. */
  readonly cutOffMs: number;
  /** Between a write's acknowledgement and the next write. */
  readonly pauseMs: number;
  /** Told of each step, in words. */
  readonly tell: (text: string) => void;
}

/** What came of it. */
export interface ChaosReport {
  /** What streams saw and should not have; empty, or it failed. */
  readonly faults: readonly string[];
  readonly writes: number;
  /** From one acknowledged write to the next while leaders were killed, ms. */
  readonly gaps: Quantiles;
  /** The longest of those gaps of each kill, ms. */
  readonly gapOfKills: Quantiles;
  /** From the end of a trouble until every stream has what was written by then, ms. */
  readonly convergedMs: { readonly leaderKills: Quantiles; readonly replicaKilled: number; readonly healed: number };
  /** Responses to all streams together while all replicas were restarted, one after the other: with nothing written, and while writing. */
  readonly rolling: { readonly idle: number; readonly writing: Readonly<Record<string, number>> };
  /** Clients that came to a replica that was behind the one before. */
  readonly olderAfterReconnect: number;
  /** What the replica that was cut off said of itself. */
  readonly cutOff: {
    readonly ready: boolean;
    readonly reachable: boolean;
    readonly writeStatus: number;
    readonly retryAfter: string;
  };
}

/** p50, p99 and the most, of so many. */
export interface Quantiles {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Time for everything to settle after a trouble; what it took is told. */
const PATIENCE_MS = 60_000;

/** Kills and cuts as planned, under constant writes, and tells what streams saw of it. */
export async function runChaos(etcd: Etcd, replicas: readonly ReplicaProcess[], plan: ChaosPlan): Promise<ChaosReport> {
  const { tell } = plan;
  await using parts = new AsyncDisposableStack();
  const writer = startWriter(
    replicas.map(({ adminUrl }) => adminUrl),
    plan.pauseMs,
  );
  parts.defer(() => writer.stop());
  await waitFor("a first write", () => writer.acknowledged() > 0);
  const targets = replicas.map(({ xdsPort }) => `127.0.0.1:${xdsPort}`);
  const streams = openStreams({ count: plan.streams, targets, newest: writer.begun });
  parts.defer(() => streams.close());
  const settled = settleOf(writer, streams);
  tell(`${plan.streams} streams have all in ${await settled()} ms`);

  const kills = await killLeaders(etcd, writer, settled, plan);
  const replicaKilled = await killReplica(replicas[1]!, writer, settled, tell);
  const { healed, cutOff } = await cutOffReplica(replicas[2]!, writer, settled, plan);
  const rolling = await restartAll(replicas, writer, streams, settled, tell);
  return {
    faults: streams.faults,
    writes: writer.acknowledged(),
    gaps: kills.gaps,
    gapOfKills: kills.gapOfKills,
    convergedMs: { leaderKills: kills.converged, replicaKilled, healed },
    rolling,
    olderAfterReconnect: streams.olderAfterReconnect,
    cutOff,
  };
}

/** Resolves when every stream has what is acknowledged now, with how long that took, ms. */
type Settled = () => Promise<number>;

function settleOf(writer: Writer, streams: MarkedStreams): Settled {
  return async () => {
    const startedMs = performance.now();
    const step = writer.acknowledged();
    await waitFor(
      () =>
        `every stream to have state ${step}; ${streams.behind(step)} have not, the slowest has ${streams.slowest()}`,
      () => streams.behind(step) === 0,
      { timeoutMs: PATIENCE_MS, intervalMs: 10 },
    );
    return Math.round(performance.now() - startedMs);
  };
}

/** Waits for so many more acknowledged writes. */
async function moreWrites(writer: Writer, count: number): Promise<void> {
  const until = writer.acknowledged() + count;
  await waitFor(`${count} more writes`, () => writer.acknowledged() >= until, {
    timeoutMs: PATIENCE_MS,
    intervalMs: 10,
  });
}

async function killLeaders(etcd: Etcd, writer: Writer, settled: Settled, { leaderKills, tell }: ChaosPlan) {
  const gapOfKills: number[] = [];
  const all: number[] = [];
  const converged: number[] = [];
  writer.takeGaps();
  for (let kill = 1; kill <= leaderKills; kill++) {
    const leader = await etcd.leader();
    await moreWrites(writer, 2);
    await leader.kill();
    await moreWrites(writer, 5);
    converged.push(await settled());
    await leader.start();
    await moreWrites(writer, 2);
    const gaps = writer.takeGaps();
    all.push(...gaps);
    gapOfKills.push(Math.max(...gaps));
    tell(`leader ${kill} of ${leaderKills} killed: gap ${Math.round(gapOfKills.at(-1)!)} ms`);
  }
  return { gaps: quantiles(all), gapOfKills: quantiles(gapOfKills), converged: quantiles(converged) };
}

async function killReplica(
  replica: ReplicaProcess,
  writer: Writer,
  settled: Settled,
  tell: ChaosPlan["tell"],
): Promise<number> {
  await replica.stop("SIGKILL");
  await moreWrites(writer, 1);
  const tookMs = await settled();
  tell(`${replica.id} killed: its streams have all in ${tookMs} ms`);
  await replica.start();
  await settled();
  return tookMs;
}

async function cutOffReplica(replica: ReplicaProcess, writer: Writer, settled: Settled, { cutOffMs, tell }: ChaosPlan) {
  writer.avoid(replica.adminUrl);
  await moreWrites(writer, 1);
  replica.link.blackhole();
  const startedMs = performance.now();
  const standing = () => replica.get("/readyz") as Promise<{ ready: boolean; store: { reachable: boolean } }>;
  await waitFor("it to notice", async () => !(await standing()).store.reachable);
  const noticedMs = Math.round(performance.now() - startedMs);
  const { ready, store } = await standing();
  const response = await fetch(`${replica.adminUrl}/v1/groups/other/resources`, {
    method: "PUT",
    body: JSON.stringify({ resources: markedResources(0) }),
    headers: { "content-type": "application/json" },
  });
  await response.arrayBuffer();
  await sleep(Math.max(0, cutOffMs - (performance.now() - startedMs)));
  await moreWrites(writer, 1);
  replica.link.heal();
  const healed = await settled();
  writer.avoid(undefined);
  await waitFor("it to say so", async () => (await standing()).store.reachable);
  tell(`${replica.id} cut off for ${cutOffMs} ms (noticed in ${noticedMs} ms), healed: all in ${healed} ms`);
  const retryAfter = response.headers.get("retry-after") ?? "";
  return { healed, cutOff: { ready, reachable: store.reachable, writeStatus: response.status, retryAfter } };
}

async function restartAll(
  replicas: readonly ReplicaProcess[],
  writer: Writer,
  streams: MarkedStreams,
  settled: Settled,
  tell: ChaosPlan["tell"],
) {
  const roll = async () => {
    for (const replica of replicas) {
      await replica.stop("SIGTERM");
      await replica.start();
      await settled();
    }
  };
  await writer.pause();
  await settled();
  const before = { responses: streams.responses, opened: streams.opened };
  await roll();
  const idle = streams.responses - before.responses;
  tell(
    `all restarted, nothing written: ${streams.opened - before.opened} attempts to open a stream, ${idle} responses`,
  );
  writer.resume();
  await moreWrites(writer, 2);
  await roll();
  const writing = await pushesByCause(replicas);
  tell(`all restarted while writing: responses since then by cause: ${JSON.stringify(writing)}`);
  return { idle, writing };
}

/** What replicas sent since their start, by cause. */
async function pushesByCause(replicas: readonly ReplicaProcess[]): Promise<Record<string, number>> {
  const causes: Record<string, number> = {};
  for (const { adminUrl } of replicas) {
    const text = await (await fetch(`${adminUrl}/metrics`)).text();
    for (const [, cause, count] of text.matchAll(/^fairlead_xds_pushes_total\{.*cause="(\w+)".*\} (\d+)/gm)) {
      causes[cause!] = (causes[cause!] ?? 0) + Number(count);
    }
  }
  return causes;
}

function quantiles(values: readonly number[]): Quantiles {
  const sorted = values.map((value) => Math.round(value)).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0 };
}
