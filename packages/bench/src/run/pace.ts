import { nowMs } from "./clock.ts";
import type { Issuer } from "./issuer.ts";
import type { Change } from "./messages.ts";
import { sleepUntil } from "./waits.ts";

/** Generators know of a change so long before it is due, ms: so the way to them is in no latency. */
export const LEAD_MS = 50;
/** Timers are late by up to that, ms. */
const TIMER_MS = 1.5;
/** Changes further apart than that are made at their time to 0.1 ms; for nearer ones that would block this process, ms. */
const EXACT_FROM_INTERVAL_MS = 10;

/** When changes are due. */
export interface Pace {
  readonly perSecond: number;
  /** The first one's time. */
  readonly fromMs: number;
  /** No change is due from then on; read anew each time, so that it may be set when it is known. */
  untilMs(): number;
}

/**
 * Issues changes, open loop: change n is due at `fromMs` + n ÷ rate, whether those before are through or not. When this process,
 * the generators or the driver are late, the time that a change was meant for stays.
 */
export async function pace(issuer: Issuer, { perSecond, fromMs, untilMs }: Pace, signal: AbortSignal): Promise<void> {
  const intervalMs = 1_000 / perSecond;
  const due = (index: number) => fromMs + index * intervalMs;
  const ahead: { readonly dueMs: number; readonly change: Promise<Change> }[] = [];
  let next = 0;
  for (;;) {
    const times: number[] = [];
    for (const untilDueMs = nowMs() + LEAD_MS; due(next) <= untilDueMs && due(next) < untilMs(); next++)
      times.push(due(next));
    if (times.length > 0) ahead.push(...announce(issuer, times));
    while (ahead.length > 0 && ahead[0]!.dueMs <= nowMs()) issuer.hand(await ahead.shift()!.change);
    const announceAtMs = due(next) < untilMs() ? due(next) - LEAD_MS : Number.POSITIVE_INFINITY;
    const wakeAtMs = Math.min(ahead[0]?.dueMs ?? Number.POSITIVE_INFINITY, announceAtMs);
    if (wakeAtMs === Number.POSITIVE_INFINITY) return;
    if (intervalMs < EXACT_FROM_INTERVAL_MS) await sleepUntil(wakeAtMs, signal);
    else await sleepExactly(wakeAtMs, signal);
  }
}

function announce(issuer: Issuer, times: readonly number[]) {
  const changes = issuer.announce(times);
  return times.map((dueMs, index) => {
    const change = changes.then((all) => all[index]!);
    change.catch(() => undefined); // told where it is waited for
    return { dueMs, change };
  });
}

async function sleepExactly(atMs: number, signal: AbortSignal): Promise<void> {
  await sleepUntil(atMs - TIMER_MS, signal);
  const leftMs = atMs - nowMs();
  if (leftMs > 0) Atomics.wait(NEVER, 0, 0, leftMs);
}

const NEVER = new Int32Array(new SharedArrayBuffer(4));
