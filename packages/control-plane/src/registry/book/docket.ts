import type { ServiceEntries } from "./entry.ts";
import { TICK_MS } from "./silence.ts";

/** Services of which it is to be judged who expires, and when. */
export interface Docket {
  soon(service: ServiceEntries, nowMs: number): void;
  /** In a while; a look costs by the number of instances. */
  later(service: ServiceEntries, nowMs: number): void;
  /** Nobody is about to expire. */
  strike(service: ServiceEntries): void;
  /** Has those judged whose time has come. */
  advance(nowMs: number, judge: (service: ServiceEntries) => void): void;
}

/** Empty. */
export function createDocket(): Docket {
  const listed = new Set<ServiceEntries>();
  const strike = (service: ServiceEntries) => {
    service.judgeAtMs = undefined;
    listed.delete(service);
  };
  return {
    strike,
    soon(service, nowMs) {
      listed.add(service);
      service.judgeAtMs = Math.min(service.judgeAtMs ?? nowMs, nowMs);
    },
    later(service, nowMs) {
      listed.add(service);
      service.judgeAtMs ??= nowMs + Math.max(TICK_MS, service.entries.size / 100);
    },
    advance(nowMs, judge) {
      for (const service of listed) {
        if (service.entries.size === 0) strike(service);
        else if (service.judgeAtMs !== undefined && service.judgeAtMs <= nowMs) judge(service);
      }
    },
  };
}
