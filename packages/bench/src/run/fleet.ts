import { BenchError } from "../errors.ts";
import type { Churn, Connecting, Plan } from "../plan/plan.ts";
import { fillTemplate } from "../plan/template.ts";
import { nowMs } from "./clock.ts";
import { type Generators, startGenerators } from "./generators.ts";
import type { Change, Command, Report } from "./messages.ts";
import { generatorsOf, shareOf, splitClients, splitNumber } from "./split.ts";
import { isWithin, unlessAborted } from "./waits.ts";

/** All generator processes as one. Waits throw what ends the run (`signal`). */
export interface Fleet {
  /** Opens all streams; resolves when each has its first whole state, or failed. */
  connect(connecting: Connecting): Promise<void>;
  /** Tells the generators of changes to come; resolves when each knows of them. */
  announce(changes: readonly Change[]): Promise<void>;
  /** Changes that the driver could not make: nobody waits for them. */
  failed(sequences: readonly number[]): void;
  measure(fromMs: number): void;
  churn(churn: Churn): void;
  /** Cuts a share of all connections at once; resolves when all that were cut are whole again. */
  cut(share: number, reconnecting: Connecting): Promise<void>;
  /** The newest change that a stream held when it connected: the server has it from a run before. */
  readonly newest: number;
  /** Changes that not all streams hold yet. */
  readonly behind: number;
  /** Resolves as soon as at most so many changes are not held by all. */
  untilBehind(atMost: number): Promise<void>;
  /** Waits until all have all, at most so long. */
  settle(patienceMs: number): Promise<void>;
  /** Ends the processes. */
  stop(): Promise<void>;
}

/** Who hears of a fleet. */
export interface FleetOptions {
  /** Ends every wait but that of `settle`. */
  readonly signal: AbortSignal;
  /** Ends the wait of `settle`. */
  readonly settling: AbortSignal;
  onReport(generator: number, report: Report): void;
  /** Streams of these generators begin to connect; their next `connected` ends it. */
  onStorm(kind: "connect" | "reconnect", atMs: number, generators: readonly number[]): void;
  /** The run can't go on. */
  onBroken(error: BenchError): void;
}

/** A generator that does not answer a command for so long is stuck, ms. */
const ANSWER_TIMEOUT_MS = 30_000;
/** While streams connect, so long may pass without one of them getting its first answer, ms. */
const CONNECT_STALL_MS = 30_000;
/** Changes that not all streams hold, at most: the run is over when a server lags that far. */
const MAX_BEHIND = 100_000;

/** What streams ask for, as a person would look for it in the server. */
function askedFor({ workload: { type, subscribe, count, nameTemplate }, node }: Plan): string {
  const nodes = `as node ${fillTemplate(node.id, { n: 0 })}`;
  if (subscribe === "wildcard") return `Asked for: all ${type}, ${nodes}.`;
  const nameOf = (i: number) => fillTemplate(nameTemplate, { i });
  const names = count === 1 ? nameOf(0) : `${nameOf(0)} … ${nameOf(count - 1)}`;
  return `Asked for: ${names} of ${type}, ${nodes}.`;
}

/** A query may hold a secret. */
function withoutQuery(url: string): string {
  return url.split("?", 1)[0]!;
}

/** A server that is first filled by a change has nothing while streams connect. */
function notYetChanged({ driver }: Plan): string {
  if (driver.kind !== "http" || driver.setup !== undefined) return "";
  return ` The driver was not tried yet (${driver.change.method} ${withoutQuery(driver.change.url)}): it has no setup that fills the server first.`;
}

/** Starts the generators, and prepares them. */
export async function startFleet(plan: Plan, options: FleetOptions): Promise<Fleet> {
  const { signal, onBroken, onStorm } = options;
  const count = generatorsOf(plan);
  const spans = splitClients(plan.streams, plan.streamsPerConnection, count);
  const open = new Array<number>(count).fill(0);
  const waiting = new Map<string, { left: number; resolve(): void }>();
  const unheld = new Map<number, number>();
  let behindWaits: { readonly atMost: number; resolve(): void }[] = [];
  let batches = 0;
  let newest = 0;

  const generators: Generators = startGenerators({ count, cpus: plan.generatorCpus, onReport, onBroken });

  function onReport(generator: number, report: Report): void {
    options.onReport(generator, report);
    if (report.kind === "connected") newest = Math.max(newest, report.newest);
    if (report.kind === "fatal") onBroken(fatal(report));
    else if (report.kind === "tick") open[generator] = report.sample.open;
    else if (report.kind === "held") onHeld(report.sequence);
    else answered(report.kind === "noted" ? `noted ${report.batch}` : report.kind);
  }

  function answered(what: string): void {
    const wait = waiting.get(what);
    if (!wait || --wait.left > 0) return;
    waiting.delete(what);
    wait.resolve();
  }

  function onHeld(sequence: number): void {
    const left = (unheld.get(sequence) ?? 0) - 1;
    if (left > 0) unheld.set(sequence, left);
    else unheld.delete(sequence);
    wakeBehind();
  }

  function wakeBehind(): void {
    for (const wait of behindWaits) if (unheld.size <= wait.atMost) wait.resolve();
    behindWaits = behindWaits.filter((wait) => unheld.size > wait.atMost);
  }

  /** All generators' answer of that kind. */
  function answer(what: string, ofGenerators = count): Promise<void> {
    if (ofGenerators === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.set(what, { left: ofGenerators, resolve });
    return promise;
  }

  function tellAll(command: Command): void {
    for (const generator of spans.keys()) generators.send(generator, command);
  }

  async function ask(
    command: (generator: number) => Command,
    what: string,
    timeoutMs = ANSWER_TIMEOUT_MS,
    until = signal,
  ): Promise<void> {
    const all = answer(what);
    for (const generator of spans.keys()) generators.send(generator, command(generator));
    if (await isWithin(timeoutMs, all, until)) return;
    throw new BenchError("generator-failed", `a generator process did not say "${what}" within ${timeoutMs / 1000} s`);
  }

  /** As long as streams come, it goes on; when none comes for long, the server is at fault. */
  async function untilConnected(all: Promise<void>, wanted: number): Promise<void> {
    let before = 0;
    while (!(await isWithin(CONNECT_STALL_MS, all, signal))) {
      const now = open.reduce((sum, one) => sum + one, 0);
      if (now === before) {
        throw new BenchError(
          "target-refused",
          `${now} of ${wanted} streams have their first answer, and no other one had it for ${CONNECT_STALL_MS / 1000} s: ` +
            `does the server know the nodes and names that the plan asks for? ${askedFor(plan)}${notYetChanged(plan)}`,
        );
      }
      before = now;
    }
  }

  const fleet: Fleet = {
    async connect(connecting) {
      const startMs = nowMs();
      const all = answer("connected");
      onStorm("connect", startMs, [...spans.keys()]);
      for (const [generator, clients] of spans.entries()) {
        generators.send(generator, { kind: "connect", connecting: shareOf(connecting, count), clients, startMs });
      }
      await untilConnected(all, plan.streams);
    },
    async announce(changes) {
      const batch = ++batches;
      for (const { sequence } of changes) unheld.set(sequence, count);
      if (unheld.size > MAX_BEHIND) {
        throw new BenchError(
          "target-refused",
          `${MAX_BEHIND} changes have not reached all streams, and more come: choose a rate that the server can follow`,
        );
      }
      await ask(() => ({ kind: "changes", batch, changes }), `noted ${batch}`);
    },
    failed(sequences) {
      for (const sequence of sequences) unheld.delete(sequence);
      tellAll({ kind: "failed", sequences });
      wakeBehind();
    },
    measure(fromMs) {
      tellAll({ kind: "measure", fromMs });
    },
    churn({ streamsPerSecond, subscriptionsPerSecond }) {
      tellAll({
        kind: "churn",
        streamsPerSecond: streamsPerSecond / count,
        subscriptionsPerSecond: subscriptionsPerSecond / count,
      });
    },
    async cut(share, reconnecting) {
      const weights = spans.map(({ from, to }) => Math.ceil((to - from) / plan.streamsPerConnection));
      const total = weights.reduce((sum, one) => sum + one, 0);
      const parts = splitNumber(Math.max(1, Math.round(total * share)), weights);
      const concerned = [...parts.keys()].filter((generator) => parts[generator]! > 0);
      const all = answer("connected", concerned.length);
      onStorm("reconnect", nowMs(), concerned);
      for (const generator of concerned) {
        const connections = parts[generator]!;
        generators.send(generator, { kind: "cut", connections, reconnecting: shareOf(reconnecting, count) });
      }
      await untilConnected(all, plan.streams);
    },
    get newest() {
      return newest;
    },
    get behind() {
      return unheld.size;
    },
    async untilBehind(atMost) {
      if (unheld.size <= atMost) return signal.throwIfAborted();
      const { promise, resolve } = Promise.withResolvers<void>();
      const wait = { atMost, resolve };
      behindWaits.push(wait);
      try {
        await unlessAborted(signal, promise);
      } finally {
        behindWaits = behindWaits.filter((one) => one !== wait);
      }
    },
    settle: (patienceMs) =>
      ask(() => ({ kind: "settle", patienceMs }), "settled", patienceMs + ANSWER_TIMEOUT_MS, options.settling),
    stop: () => generators.stop(),
  };
  try {
    await ask((generator) => ({ kind: "prepare", plan, clients: spans[generator]!, generator }), "ready");
  } catch (error) {
    await generators.stop();
    throw error;
  }
  return fleet;
}

/** Codes come from another process; one that is not ours is the generator's own failure. */
function fatal({ code, message }: { readonly code: string; readonly message: string }): BenchError {
  const known = ["target-unreachable", "target-refused", "target-protocol", "generator-failed"] as const;
  return new BenchError(known.find((one) => one === code) ?? "generator-failed", message);
}
