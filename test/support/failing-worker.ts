// Preloaded into `fairlead serve --workers N` by a test: SIGUSR2 makes one thread of those that hold streams fail, another each time.
import { BroadcastChannel, isMainThread, threadId, threadName, type Worker } from "node:worker_threads";

const HOLDS_STREAMS = /^fairlead-edge-\d+$/;
const orders = new BroadcastChannel("failing-worker");

if (isMainThread) {
  const threads = new Set<Worker>();
  process.on("worker", (thread) => {
    if (!HOLDS_STREAMS.test(thread.threadName ?? "")) return;
    threads.add(thread);
    thread.once("exit", () => threads.delete(thread));
  });
  process.on("SIGUSR2", () => {
    const [oldest] = threads;
    if (oldest) orders.postMessage(oldest.threadId);
  });
  orders.unref();
} else {
  orders.onmessage = ({ data }: { readonly data?: unknown }) => {
    if (data === threadId) throw new Error(`${threadName} was told to fail`);
  };
  orders.unref();
}
