import { setTimeout as delay } from "node:timers/promises";
import { waitFor } from "../../../../../test/support/wait-for.ts";
import { PATIENCE } from "./patience.ts";

/** A write of one writer, as it was acknowledged, or as a process holds it. */
export interface Written {
  /** Which of the writer's writes it is: each writer writes one after the other, from 1. */
  readonly n: number;
  readonly revision: number;
  /** Of the content, as proxies are told. */
  readonly version: string;
}

/** A process that keeps what is written to it, until it is killed. */
export interface Victim {
  /** What it held when it started, by writer. */
  readonly held: ReadonlyMap<string, Written>;
  /** What it acknowledged since, by writer: the last of each. */
  readonly acknowledged: ReadonlyMap<string, Written>;
  /** How many writes it acknowledged. */
  acknowledgements(): number;
  /** The last write of each writer that was begun, acknowledged or not. */
  readonly begun: ReadonlyMap<string, number>;
  /** `kill -9`; resolves when it has ended and everything that it acknowledged is known. */
  kill(): Promise<void>;
}

/** Starts a victim whose writers go on from the writes given, and resolves when it says what it holds and takes writes. */
export type StartVictim = (from: ReadonlyMap<string, number>) => Promise<Victim>;

/** What came of all rounds. */
export interface KillReport {
  rounds: number;
  acknowledged: number;
  /** Acknowledged writes that were not there afterwards. */
  lost: number;
  /** Writes that were there with another revision or version than was acknowledged. */
  altered: number;
  /** Writes that were there without having been begun. */
  invented: number;
  /** Writers whose last write was there although nobody had been told so. */
  unacknowledged: number;
  /** Acknowledged writes a second, while there was a process to write to. */
  perSecond: number;
}

/** Options of {@link killRounds}. */
export interface KillOptions {
  readonly rounds: number;
  /** How many writes a victim acknowledges before it is killed, at random up to this; at once, or some milliseconds later. */
  readonly maxWrites: number;
  readonly told?: (line: string) => void;
}

/** Starts, writes, kills and starts again, so many times, and once more to look. */
export async function killRounds(
  start: StartVictim,
  { rounds, maxWrites, told = () => {} }: KillOptions,
): Promise<KillReport> {
  const report = {
    rounds,
    acknowledged: 0,
    lost: 0,
    altered: 0,
    invented: 0,
    unacknowledged: 0,
    perSecond: 0,
  };
  const acknowledged = new Map<string, Written>();
  const begun = new Map<string, number>();
  let writingSeconds = 0;
  let inTimes = 0;
  for (let round = 0; round <= rounds; round++) {
    const victim = await start(begun);
    look(victim.held, acknowledged, begun, report);
    if (round === rounds) {
      await victim.kill();
      break;
    }
    const startedAt = performance.now();
    const enough = 1 + Math.random() * maxWrites;
    await waitFor("enough writes are acknowledged", () => victim.acknowledgements() >= enough, PATIENCE);
    await delay(Math.random() * 10);
    const seconds = (performance.now() - startedAt) / 1_000;
    const inTime = victim.acknowledgements();
    await victim.kill();
    for (const [writer, written] of victim.acknowledged) acknowledged.set(writer, written);
    for (const [writer, n] of victim.begun) begun.set(writer, n);
    report.acknowledged += victim.acknowledgements();
    writingSeconds += seconds;
    inTimes += inTime;
    if ((round + 1) % 10 === 0) told(`${round + 1} rounds: ${report.acknowledged} acknowledged, ${report.lost} lost`);
  }
  return { ...report, perSecond: Math.round(inTimes / writingSeconds) };
}

/** Compares what a process holds with what was acknowledged before it. */
function look(
  held: ReadonlyMap<string, Written>,
  acknowledged: ReadonlyMap<string, Written>,
  begun: ReadonlyMap<string, number>,
  report: KillReport,
): void {
  for (const [writer, { n, revision, version }] of acknowledged) {
    const now = held.get(writer);
    if (!now || now.n < n) report.lost += n - (now?.n ?? 0);
    else if (now.n === n && (now.revision !== revision || now.version !== version)) report.altered++;
    else if (now.n > n) report.unacknowledged++;
  }
  for (const [writer, { n }] of held) if (n > (begun.get(writer) ?? 0)) report.invented++;
}
