import { FairleadError } from "../errors.ts";
import { recordCpu } from "./record-cpu.ts";
import { sampleHeap } from "./sample-heap.ts";
import type { CpuStacks, HeapStacks } from "./stacks.ts";

/**
 * Takes profiles of this thread, one at a time. Each may be told to end early; then it tells what it has by then.
 *
 * All methods throw FairleadError `profile-running` while another is taken, `draining` at the end.
 */
export interface Profiler {
  cpu(seconds: number, end: AbortSignal): Promise<CpuStacks>;
  /** What is in use of all that was allocated since the start; with `seconds`, of what is allocated meanwhile. */
  heap(seconds: number | undefined, end: AbortSignal): Promise<HeapStacks>;
  close(): void;
}

/** Until `closing` is aborted, which ends the profile that is taken then. */
export function createProfiler(closing: AbortSignal): Profiler {
  const sampler = sampleHeap();
  let endsAtMs: number | undefined;
  const alone = async <T>(seconds: number, end: AbortSignal, take: (end: AbortSignal) => Promise<T>): Promise<T> => {
    if (closing.aborted) throw new FairleadError("draining", "This control plane is going down: profile the next one.");
    const nowMs = performance.now();
    if (endsAtMs !== undefined) {
      const retryAfter = Math.max(1, Math.ceil((endsAtMs - nowMs) / 1_000));
      const message = `Another profile is being taken, for ${retryAfter} s more: ask again then.`;
      throw new FairleadError("profile-running", message, { members: { retryAfter } });
    }
    endsAtMs = nowMs + seconds * 1_000;
    try {
      return await take(AbortSignal.any([end, closing]));
    } finally {
      endsAtMs = undefined;
    }
  };
  return {
    cpu: (seconds, end) => alone(seconds, end, (either) => recordCpu(seconds * 1_000, either)),
    heap: (seconds = 0, end) =>
      alone(seconds, end, (either) => (seconds === 0 ? sampler.inUse() : sampler.grown(seconds * 1_000, either))),
    close: () => sampler.close(),
  };
}
