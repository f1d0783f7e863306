import { Session } from "node:inspector/promises";

/**
 * Collects all garbage of this thread's heap at once, and gives memory back to the system: a pause of some 50 ms, for a
 * moment when nobody waits. A start leaves 15 MB of it, which V8 would keep until the heap has grown well beyond.
 */
export async function collectGarbage(): Promise<void> {
  const session = new Session();
  session.connect();
  try {
    await session.post("HeapProfiler.collectGarbage");
  } finally {
    session.disconnect();
  }
}
