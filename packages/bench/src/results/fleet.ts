import type { Report } from "../run/messages.ts";
import { curveOf, reachedAt, sortTogether } from "./curve.ts";
import { createTimes } from "./histogram.ts";
import type { FleetCurve, Result } from "./result.ts";
import { createSpread } from "./spread.ts";

type Held = Extract<Report, { kind: "held" }>;

/** Whole curves that are kept of each sample. */
const CURVES = 20;
/** Times that wait for another generator to tell the rest of a change: 16 MB. Beyond, the oldest change is left out. */
const WAITING_TIMES = 4_000_000;
/** Changes that wait so. */
const WAITING_CHANGES = 10_000;

/** Puts together what the generators say of each change. */
export interface Fleet {
  /** @param generators how many there are: with the last one's report the change is whole */
  add(held: Held, generators: number): void;
  distributions(): NonNullable<Result["fleet"]> | undefined;
  /** @param startedMs what `atMs` of the curves counts from */
  curves(startedMs: number): FleetCurve[];
  /** Changes that some streams never got, and ones that were left out since a generator never told of them. */
  readonly incomplete: number;
  readonly leftOut: number;
}

interface Waiting {
  readonly parts: Float32Array[];
  missing: number;
  told: number;
  times: number;
}

/** Begins. Memory: {@link WAITING_TIMES}, {@link WAITING_CHANGES} and two samples of {@link CURVES} curves. */
export function createFleet(): Fleet {
  const waiting = new Map<number, Waiting>();
  const shares = { p50: createTimes(), p90: createTimes(), p99: createTimes(), p100: createTimes() };
  const spread = createSpread<FleetCurve>(CURVES);
  let worst: FleetCurve[] = [];
  let waitingTimes = 0;
  let incomplete = 0;
  let leftOut = 0;

  function complete({ sequence, intendedMs }: Held, { parts, missing }: Waiting): void {
    const sorted = sortTogether(parts);
    const streams = sorted.length + missing;
    if (streams === 0) return;
    if (missing > 0) incomplete++;
    for (const [name, times] of Object.entries(shares)) {
      const ms = reachedAt(sorted, missing, Number(name.slice(1)) / 100);
      if (ms !== null) times.record(ms);
    }
    const curve = { sequence, atMs: intendedMs, streams, missing, reachedMs: curveOf(sorted, missing) };
    spread.offer({ ...curve, sample: "spread" });
    if (worst.length === CURVES && slowness(worst[CURVES - 1]!) >= slowness(curve)) return;
    worst = [...worst, { ...curve, sample: "worst" as const }].sort((a, b) => slowness(b) - slowness(a));
    worst.length = Math.min(CURVES, worst.length);
  }

  function forgetOldest(): void {
    const [sequence, oldest] = waiting.entries().next().value!;
    waiting.delete(sequence);
    waitingTimes -= oldest.times;
    leftOut++;
  }

  return {
    add(held, generators) {
      const one = waiting.get(held.sequence) ?? { parts: [], missing: 0, told: 0, times: 0 };
      one.parts.push(held.receivedMs);
      one.missing += held.missing;
      one.told++;
      one.times += held.receivedMs.length;
      waitingTimes += held.receivedMs.length;
      waiting.set(held.sequence, one);
      if (one.told >= generators) {
        waiting.delete(held.sequence);
        waitingTimes -= one.times;
        complete(held, one);
      }
      while (waiting.size > 0 && (waitingTimes > WAITING_TIMES || waiting.size > WAITING_CHANGES)) forgetOldest();
    },
    distributions() {
      const [p50, p90, p99, p100] = Object.values(shares).map((times) => times.distribution());
      return p50 && p90 && p99 && p100 ? { p50, p90, p99, p100 } : undefined;
    },
    curves: (startedMs) => [...worst, ...spread.items].map((curve) => ({ ...curve, atMs: curve.atMs - startedMs })),
    get incomplete() {
      return incomplete;
    },
    get leftOut() {
      return leftOut + waiting.size;
    },
  };
}

/** Never is slower than anything; among those, the more streams lack it. */
function slowness({ missing, reachedMs }: Pick<FleetCurve, "missing" | "reachedMs">): number {
  return missing > 0 ? 1e12 + missing : reachedMs[reachedMs.length - 1]!;
}
