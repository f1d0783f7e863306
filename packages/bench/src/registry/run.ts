import { observe } from "../observe/observe.ts";
import type { Observer, ServerSample } from "../observe/observer.ts";
import { readPrometheusText } from "../observe/prometheus-text.ts";
import { createTimes, type Times } from "../results/histogram.ts";
import type { Distribution } from "../results/result.ts";
import { nowMs } from "../run/clock.ts";
import { sleepUntil, unlessAborted } from "../run/waits.ts";
import { createInstances } from "./instances.ts";
import type { Lane, Message } from "./lane.ts";
import type { RegistryPlan, Way } from "./plan.ts";
import { restLane } from "./rest-lane.ts";
import { streamLane } from "./stream-lane.ts";

/** What the server's process used in a phase; `null`: it could not be seen. */
export interface Used {
  /** Share of one core, 1 being all of it. */
  readonly cores: number;
  readonly cpuMs: number;
  readonly rssBytes: number;
}

/** What came of one phase of a run. */
export interface PhaseResult {
  readonly kind: Message["kind"];
  /** Instances that were told of: registrations, heartbeats. */
  readonly instances: number;
  readonly messages: number;
  /** Instances that were refused, and the first one's reason. */
  readonly refused: number;
  readonly why: string | undefined;
  readonly tookMs: number;
  /** From when a message was due (a heartbeat) or sent (else) to its answer, ms. */
  readonly latency: Distribution | undefined;
  /** How late the load tester itself was with a heartbeat, ms: what it adds to latencies. */
  readonly lateness: Distribution | undefined;
  readonly used: Used | null;
  /** Commits of the store meanwhile; `null`: the server has no such metric. */
  readonly commits: number | null;
}

/** A run of `fairlead bench registry`. */
export interface RegistryResult {
  readonly plan: RegistryPlan;
  readonly phases: readonly PhaseResult[];
}

/** Heartbeats are looked for so often, ms. */
const TICK_MS = 1;
/** Answers may take so long after the last message, ms. */
const LAST_ANSWERS_MS = 30_000;
const COMMITS = "fairlead_store_commits_total";

/**
 * Registers the instances as fast as they are taken, has each beat once in the interval (open loop: each at its time, whatever became of
 * those before), and deregisters them again, also when it is ended early.
 *
 * @throws BenchError `target-unreachable`, `bad-plan` (a process that can't be observed); the signal's reason
 */
export async function runRegistry(plan: RegistryPlan, signal: AbortSignal): Promise<RegistryResult> {
  const metricsUrl = `${plan.adminUrl}/metrics`;
  const observer = (await observe({ prometheusUrl: metricsUrl, ...(plan.pid !== undefined && { pid: plan.pid }) }))!;
  const instances = createInstances(plan);
  const lane = plan.way === "stream" ? streamLane(plan, instances) : restLane(plan, instances);
  const phases: PhaseResult[] = [];
  const phase = async (kind: Message["kind"], work: (tally: Tally) => Promise<void>) => {
    const tally = createTally(kind);
    const before = await look(observer, metricsUrl);
    await work(tally);
    const tookMs = nowMs() - before.atMs;
    phases.push(tally.result(tookMs, before, await look(observer, metricsUrl)));
  };
  try {
    await lane.open();
    await phase("register", (tally) => sendAll(lane, plan, { kind: "register", sequence: 1, tally }, signal));
    await phase("heartbeat", (tally) => beat(lane, plan, tally, signal));
  } finally {
    const last: Sending = { kind: "deregister", sequence: Number.MAX_SAFE_INTEGER, tally: createTally("deregister") };
    await sendAll(lane, plan, last, AbortSignal.timeout(LAST_ANSWERS_MS)).catch(() => {});
    lane.close();
  }
  return { plan, phases };
}

interface Looked {
  readonly atMs: number;
  readonly sample: ServerSample | null;
  readonly commits: number | null;
}

async function look(observer: Observer, metricsUrl: string): Promise<Looked> {
  const text = await fetch(metricsUrl).then(
    (response) => response.text(),
    () => "",
  );
  const commits = readPrometheusText(text, [COMMITS]).get(COMMITS) ?? null;
  const sample = await observer.sample();
  return { atMs: nowMs(), sample, commits };
}

interface Tally {
  readonly latency: Times;
  readonly lateness: Times;
  sent(instances: number): void;
  answered(refused: number, why: string | undefined): void;
  /** Resolves when every message is answered. */
  settled(): Promise<void>;
  result(tookMs: number, before: Looked, after: Looked): PhaseResult;
}

function createTally(kind: Message["kind"]): Tally {
  const [latency, lateness] = [createTimes(), createTimes()];
  let [messages, instances, answers, refused] = [0, 0, 0, 0];
  let why: string | undefined;
  let onSettled: (() => void) | undefined;
  return {
    latency,
    lateness,
    sent(count) {
      messages++;
      instances += count;
    },
    answered(count, reason) {
      answers++;
      refused += count;
      why ??= reason;
      if (answers === messages) onSettled?.();
    },
    settled() {
      if (answers === messages) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      onSettled = resolve;
      return promise;
    },
    result(tookMs, before, after) {
      const commits = before.commits === null || after.commits === null ? null : after.commits - before.commits;
      const counts = { instances, messages, refused, why, tookMs };
      const times = { latency: latency.distribution(), lateness: lateness.distribution() };
      return { kind, ...counts, ...times, used: usedBetween(before.sample, after.sample), commits };
    },
  };
}

function usedBetween(before: ServerSample | null, after: ServerSample | null): Used | null {
  if (!before || !after || after.atMs <= before.atMs) return null;
  const cpuMs = after.cpuMs - before.cpuMs;
  return { cores: cpuMs / (after.atMs - before.atMs), cpuMs, rssBytes: after.rssBytes };
}

interface Sending {
  readonly kind: Message["kind"];
  readonly sequence: number;
  readonly tally: Tally;
}

/** Messages that wait for their answers on one connection: HTTP/1.1 takes one; of a stream's, as many in all as there are connections of REST. */
const UNANSWERED: Readonly<Record<Way, number>> = { rest: 1, batch: 1, stream: 6 };

/** One message after the other on each connection, all instances once. */
async function sendAll(
  lane: Lane,
  plan: RegistryPlan,
  { kind, sequence, tally }: Sending,
  signal: AbortSignal,
): Promise<void> {
  const parts = partsOf(plan);
  const { promise, resolve } = Promise.withResolvers<void>();
  let [next, underWay] = [0, 0];
  const sendNext = () => {
    const part = parts[next++];
    if (!part) return underWay === 0 ? resolve() : undefined;
    underWay++;
    const sentMs = nowMs();
    tally.sent(part.length);
    lane.send({ kind, instances: part, sequence }, (refused, why) => {
      underWay--;
      tally.latency.record(nowMs() - sentMs);
      tally.answered(refused, why);
      sendNext();
    });
  };
  for (let left = plan.connections * UNANSWERED[plan.way]; left > 0; left--) sendNext();
  await unlessAborted(signal, promise);
}

/** Messages are due at equal distances, so that each instance's turn comes once in the interval. */
async function beat(lane: Lane, plan: RegistryPlan, tally: Tally, signal: AbortSignal): Promise<void> {
  const parts = partsOf(plan);
  const distanceMs = plan.intervalMs / parts.length;
  const fromMs = nowMs();
  const total = Math.floor(plan.forMs / distanceMs);
  for (let sent = 0; sent < total; ) {
    const dueNow = Math.min(total, Math.floor((nowMs() - fromMs) / distanceMs) + 1);
    for (; sent < dueNow; sent++) {
      const dueMs = fromMs + sent * distanceMs;
      const part = parts[sent % parts.length]!;
      tally.lateness.record(nowMs() - dueMs);
      tally.sent(part.length);
      lane.send(
        { kind: "heartbeat", instances: part, sequence: 2 + Math.floor(sent / parts.length) },
        (refused, why) => {
          tally.latency.record(nowMs() - dueMs);
          tally.answered(refused, why);
        },
      );
    }
    await sleepUntil(Math.max(fromMs + sent * distanceMs, nowMs() + TICK_MS), signal);
  }
  await unlessAborted(AbortSignal.any([signal, AbortSignal.timeout(LAST_ANSWERS_MS)]), tally.settled());
}

/** Instances by message: each connection has its own share of them, in messages of a batch. */
function partsOf({ instances, connections, batch }: RegistryPlan): readonly (readonly number[])[] {
  const shares = Array.from({ length: Math.min(connections, instances) }, (_, share) => {
    const own: number[] = [];
    for (let instance = share; instance < instances; instance += connections) own.push(instance);
    return Array.from({ length: Math.ceil(own.length / batch) }, (_, at) => own.slice(at * batch, (at + 1) * batch));
  });
  // By turns, so that no connection has all its messages at once.
  const most = Math.max(...shares.map((share) => share.length));
  return Array.from({ length: most }, (_, at) => shares.flatMap((share) => (share[at] ? [share[at]] : []))).flat();
}
