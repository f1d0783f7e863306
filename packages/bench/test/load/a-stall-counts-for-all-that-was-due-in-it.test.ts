import { ok } from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Lateness } from "../../src/load/lateness.ts";

test("a stall of the process is as many late samples as timers were due in it", async () => {
  const lateness = new Lateness();
  try {
    await sleep(30);
    lateness.take();
    const until = performance.now() + 300;
    while (performance.now() < until); // nothing else of this process runs meanwhile
    await sleep(30);
    const samples = [...lateness.take()];
    // Timers each 10 ms: the one that was due first is about 290 ms late, the next 280, and so on.
    ok(samples.some((ms) => ms >= 270));
    for (const boundMs of [50, 100, 150, 200]) {
      const near = samples.filter((ms) => ms > boundMs && ms <= boundMs + 50).length;
      ok(near >= 4, `${near} samples between ${boundMs} and ${boundMs + 50} ms: ${samples}`);
    }
  } finally {
    lateness.stop();
  }
});
