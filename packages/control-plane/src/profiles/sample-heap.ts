import type { HeapProfiler } from "node:inspector";
import { Session } from "node:inspector/promises";
import { setTimeout } from "node:timers/promises";
import { createPlaceOf } from "./place.ts";
import { frameOf, type HeapStacks, type StackNode } from "./stacks.ts";

/**
 * One sample in so many bytes allocated, on average. As Go's own; at 512 KiB, and at 128, a loop that allocates all the
 * time takes no more CPU than without (five runs each, within their noise).
 */
const INTERVAL_BYTES = 524_288;

/** What V8 answers; the types of Node know less of it. */
interface SampledHeap {
  readonly head: SampledNode;
  readonly samples: readonly { readonly nodeId: number; readonly size: number; readonly ordinal: number }[];
}

interface SampledNode extends HeapProfiler.SamplingHeapProfileNode {
  readonly id: number;
  readonly children: SampledNode[];
}

/** Watches from its start who allocates what stays in use. */
export interface HeapSampler {
  /** What was allocated since the start and is in use now. */
  inUse(): Promise<HeapStacks>;
  /** What was allocated for so long, or until told to end, and is in use after that. */
  grown(durationMs: number, end: AbortSignal): Promise<HeapStacks>;
  close(): void;
}

/**
 * Starts to sample this thread's heap. There is one such sampling in a thread: who else starts it shares it, and who ends
 * it ends it for all; then it begins anew with the next question.
 */
export function sampleHeap(): HeapSampler {
  const session = new Session();
  session.connect();
  let startedAtMs = Date.now();
  const start = () => session.post("HeapProfiler.startSampling", { samplingInterval: INTERVAL_BYTES });
  const ask = async () => (await session.post("HeapProfiler.getSamplingProfile")).profile as SampledHeap;
  const take = async () => {
    try {
      return await ask();
    } catch {
      startedAtMs = Date.now();
      await start();
      return await ask();
    }
  };
  const started = start();
  started.catch(() => {}); // told by whoever asks first
  return {
    async inUse() {
      await started;
      const profile = await take();
      return stacksOf(profile, { since: 0, startedAtMs, durationMs: Date.now() - startedAtMs });
    },
    async grown(durationMs, end) {
      await started;
      const before = await take();
      const fromMs = Date.now();
      const since = before.samples.reduce((last, { ordinal }) => Math.max(last, ordinal), 0);
      await setTimeout(durationMs, undefined, { signal: end }).catch(() => {});
      return stacksOf(await take(), { since, startedAtMs: fromMs, durationMs: Date.now() - fromMs });
    },
    close: () => session.disconnect(),
  };
}

/** Only samples after the one numbered `since` count: they are numbered as they were taken. */
function stacksOf(
  { head, samples }: SampledHeap,
  { since, ...times }: { readonly since: number; readonly startedAtMs: number; readonly durationMs: number },
): HeapStacks {
  const heldById = new Map<number, { samples: number; amount: number }>();
  for (const { nodeId, size, ordinal } of samples) {
    if (ordinal <= since) continue;
    const held = heldById.get(nodeId) ?? { samples: 0, amount: 0 };
    heldById.set(nodeId, { samples: held.samples + 1, amount: held.amount + size });
  }
  const placeOf = createPlaceOf();
  const nodes: StackNode[] = [];
  const waiting = [{ node: head, parent: -1 }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { node, parent } = next;
    const index = nodes.length;
    const held = heldById.get(node.id) ?? { samples: 0, amount: 0 };
    nodes.push({ frame: frameOf(node.callFrame, placeOf), parent, ...held, lines: [] });
    waiting.push(...node.children.map((child) => ({ node: child, parent: index })));
  }
  return { nodes, ...times, intervalBytes: INTERVAL_BYTES };
}
