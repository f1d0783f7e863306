import type { ServerSample } from "../observe/observer.ts";

/** What the server had used at one moment, by a straight line between the samples beside it. */
export interface ServerMoment {
  readonly atMs: number;
  /** `null` until a sample at or after it came; if none comes, the last one stands for it. */
  use(): { readonly cpuMs: number; readonly rssBytes: number } | null;
}

/** Follows the server's CPU time and memory; keeps two samples and the moments asked for. */
export interface ServerUse {
  add(source: "proc" | "prometheus", sample: ServerSample): void;
  /** @param atMs now, or not long ago: not before the sample before the last */
  moment(atMs: number): ServerMoment;
  /** Share of a core between the last two samples. */
  cpuShare(): number | null;
  readonly source: "proc" | "prometheus" | undefined;
  readonly last: ServerSample | undefined;
  readonly rssMaxBytes: number;
}

/** Begins to follow. */
export function followServer(): ServerUse {
  let source: "proc" | "prometheus" | undefined;
  let before: ServerSample | undefined;
  let last: ServerSample | undefined;
  let rssMaxBytes = 0;
  const waiting = new Set<(sample: ServerSample) => void>();

  return {
    add(from, sample) {
      source = from;
      before = last;
      last = sample;
      rssMaxBytes = Math.max(rssMaxBytes, sample.rssBytes);
      for (const settle of waiting) settle(sample);
    },
    moment(atMs) {
      let known: ServerSample | undefined;
      let from = last !== undefined && last.atMs > atMs ? before : last;
      const settle = (sample: ServerSample) => {
        if (sample.atMs < atMs) {
          from = sample;
          return;
        }
        known = between(from ?? sample, sample, atMs);
        waiting.delete(settle);
      };
      waiting.add(settle);
      if (last !== undefined) settle(last);
      return { atMs, use: () => known ?? last ?? null };
    },
    cpuShare() {
      if (before === undefined || last === undefined || last.atMs <= before.atMs) return null;
      return (last.cpuMs - before.cpuMs) / (last.atMs - before.atMs);
    },
    get source() {
      return source;
    },
    get last() {
      return last;
    },
    get rssMaxBytes() {
      return rssMaxBytes;
    },
  };
}

function between(from: ServerSample, to: ServerSample, atMs: number): ServerSample {
  if (to.atMs <= from.atMs) return to;
  const share = Math.min(1, Math.max(0, (atMs - from.atMs) / (to.atMs - from.atMs)));
  const mix = (a: number, b: number) => a + share * (b - a);
  return { ...to, atMs, cpuMs: mix(from.cpuMs, to.cpuMs), rssBytes: mix(from.rssBytes, to.rssBytes) };
}
