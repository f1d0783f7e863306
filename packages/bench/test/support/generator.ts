import { fork } from "node:child_process";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { Plan } from "../../src/plan/plan.ts";
import { nowMs } from "../../src/run/clock.ts";
import type { Command, Report, WrongAnswer } from "../../src/run/messages.ts";

type Of<Kind extends Report["kind"]> = Extract<Report, { kind: Kind }>;

/** A generator process, driven by its real IPC. */
export interface DrivenGenerator {
  send(command: Command): void;
  /** The next report of that kind (that fits) that was not taken yet. Rejects when the process ends, or says that it can't go on. */
  next<Kind extends Report["kind"]>(kind: Kind, fits?: (report: Of<Kind>) => boolean): Promise<Of<Kind>>;
  /** Opens all clients. */
  connect(atOnce?: number): Promise<Of<"connected">>;
  /** Makes a change known, makes it, and waits until it is held. */
  change(sequence: number, resources: readonly number[] | "all", make: () => void): Promise<Of<"held">>;
  /** Ends the changes. */
  settle(
    patienceMs?: number,
  ): Promise<{ readonly faults: readonly WrongAnswer[]; readonly last: Of<"tick">["sample"] }>;
  readonly ended: Promise<number | null>;
}

const MAIN = fileURLToPath(new URL("../../src/load/main.ts", import.meta.url));

/** Forks a generator for all clients of a plan; it ends with the test. */
export async function startGenerator(t: TestContext, plan: Plan): Promise<DrivenGenerator> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = fork(MAIN, [], { serialization: "advanced", env });
  const reports: Report[] = [];
  const hearers = new Set<() => void>();
  let isEnded = false;
  let batch = 0;
  const tell = () => {
    for (const hear of hearers) hear();
  };
  const ended = new Promise<number | null>((resolve) => {
    child.once("exit", (code) => {
      isEnded = true;
      resolve(code);
      tell();
    });
  });
  child.on("message", (report) => {
    reports.push(report as Report);
    tell();
  });
  t.after(async () => {
    if (child.connected) child.disconnect();
    await ended;
  });
  const send = (command: Command) => void child.send(command);
  const next = <Kind extends Report["kind"]>(kind: Kind, fits: (report: Of<Kind>) => boolean = () => true) =>
    new Promise<Of<Kind>>((resolve, reject) => {
      const hear = () => {
        const at = reports.findIndex((report) => report.kind === kind && fits(report as Of<Kind>));
        const fatal = reports.find((report) => report.kind === "fatal");
        if (at < 0 && fatal === undefined && !isEnded) return;
        hearers.delete(hear);
        if (at >= 0) resolve(reports.splice(at, 1)[0] as Of<Kind>);
        else
          reject(new Error(fatal ? `${fatal.code}: ${fatal.message}` : `the generator ended before it said "${kind}"`));
      };
      hearers.add(hear);
      hear();
    });
  send({ kind: "prepare", plan, clients: { from: 0, to: plan.streams }, generator: 0 });
  await next("ready");
  return {
    send,
    next,
    ended,
    connect(atOnce = 64) {
      send({ kind: "connect", connecting: { atOnce }, clients: { from: 0, to: plan.streams }, startMs: nowMs() });
      return next("connected");
    },
    async change(sequence, resources, make) {
      send({ kind: "changes", batch: ++batch, changes: [{ sequence, intendedMs: nowMs(), resources }] });
      const mine = batch;
      await next("noted", (report) => report.batch === mine);
      make();
      return next("held", (report) => report.sequence === sequence);
    },
    async settle(patienceMs = 10_000) {
      send({ kind: "settle", patienceMs });
      const { faults } = await next("settled");
      const ticks = reports.filter((report) => report.kind === "tick");
      return { faults, last: ticks.at(-1)!.sample };
    },
  };
}
