import { setTimeout as sleep } from "node:timers/promises";
import { markedResources } from "./marks.ts";

/** Writes one state after the other, all the while. */
export interface Writer {
  /** The newest state that it has begun to write. */
  begun(): number;
  /** The newest state that was acknowledged. */
  acknowledged(): number;
  /** Times from one acknowledgement to the next, ms, since this was last asked. */
  takeGaps(): readonly number[];
  /** Writes by the others, or by all again. */
  avoid(adminUrl: string | undefined): void;
  /** Nothing is written meanwhile. */
  pause(): Promise<void>;
  resume(): void;
  stop(): Promise<void>;
}

/** The group that is written. */
export const GROUP = "default";
/** A replica that failed is left alone for so long, ms. */
const SHUN_MS = 1_000;

/** Writes by the replicas in turn, one write at a time, `pauseMs` between them. A write that fails is made again by the next one. */
export function startWriter(adminUrls: readonly string[], pauseMs: number): Writer {
  const shunnedUntil = new Map<string, number>();
  let begun = 0;
  let acknowledged = 0;
  let gaps: number[] = [];
  let lastAtMs: number | undefined;
  let isStopped = false;
  let paused: PromiseWithResolvers<void> | undefined;
  let idle: PromiseWithResolvers<void> | undefined;
  let avoided: string | undefined;
  let turn = 0;

  const next = (): string => {
    for (let tries = 0; tries < adminUrls.length; tries++) {
      const url = adminUrls[turn++ % adminUrls.length]!;
      if (url !== avoided && (shunnedUntil.get(url) ?? 0) <= performance.now()) return url;
    }
    return adminUrls[turn++ % adminUrls.length]!;
  };
  const write = async (step: number): Promise<void> => {
    while (!isStopped) {
      const url = next();
      try {
        const response = await fetch(`${url}/v1/groups/${GROUP}/resources`, {
          method: "PATCH",
          body: JSON.stringify({ upsert: markedResources(step) }),
          headers: { "content-type": "application/json" },
          signal: AbortSignal.timeout(30_000),
        });
        await response.arrayBuffer();
        if (response.ok) return;
      } catch {
        // as below
      }
      shunnedUntil.set(url, performance.now() + SHUN_MS);
      await sleep(10);
    }
  };
  const run = async () => {
    while (!isStopped) {
      if (paused) {
        idle?.resolve();
        await paused.promise;
        lastAtMs = undefined;
        continue;
      }
      begun++;
      await write(begun);
      if (isStopped) return;
      acknowledged = begun;
      const nowMs = performance.now();
      if (lastAtMs !== undefined) gaps.push(nowMs - lastAtMs);
      lastAtMs = nowMs;
      await sleep(pauseMs);
    }
  };
  const running = run();
  return {
    begun: () => begun,
    acknowledged: () => acknowledged,
    takeGaps() {
      const taken = gaps;
      gaps = [];
      return taken;
    },
    avoid(adminUrl) {
      avoided = adminUrl;
    },
    async pause() {
      paused ??= Promise.withResolvers();
      idle = Promise.withResolvers();
      await idle.promise;
    },
    resume() {
      paused?.resolve();
      paused = undefined;
    },
    async stop() {
      isStopped = true;
      paused?.resolve();
      await running;
    },
  };
}
