/**
 * What the registry costs, without any transport: bytes an instance, time and allocation a heartbeat, time a registration, and the
 * share of a core that 10,000 heartbeats a second take, expiry included. Run with `node --expose-gc`.
 *
 *     node --expose-gc packages/control-plane/scripts/measure-registry.ts [INSTANCES…]
 */
import { setTimeout } from "node:timers/promises";
import { createRegistry } from "../src/registry/create-registry.ts";
import type { InstanceKey, Registration } from "../src/registry/instance.ts";
import { replicateAlone } from "../src/replicas/alone.ts";
import { createStore } from "../src/store/create-store.ts";

/** Instances of one service. */
const PER_SERVICE = 1_000;
const ROUNDS = 10;
const BATCH = 1_000;
/** Heartbeats a second of the steady load, and for how long. */
const RATE = 10_000;
const STEADY_MS = 5_000;

const sizes = process.argv.slice(2).map(Number);
if (!globalThis.gc) throw new Error("needs --expose-gc");
for (const size of sizes.length > 0 ? sizes : [10_000, 100_000]) await measure(size);

async function measure(size: number): Promise<void> {
  const store = createStore({ maxHistoryResources: 0 });
  const { membership } = replicateAlone({ id: "measured", adminUrl: "http://127.0.0.1" });
  const before = heapBytes();
  const registry = createRegistry({ store, membership });
  const registerMs = await cpu(async () => {
    for (let first = 0; first < size; first += BATCH) {
      const register = Array.from({ length: Math.min(BATCH, size - first) }, (_, i) => registration(first + i));
      const { refusals } = await registry.announce({ register, heartbeats: [], deregister: [] });
      if (refusals.length > 0) throw new Error(refusals[0]!.message);
    }
  });
  const bytes = (heapBytes() - before) / size;

  let sequence = 1;
  let beatMs = 0;
  let allocated = 0;
  for (let round = 0; round < ROUNDS; round++) {
    sequence++;
    const keys = Array.from({ length: size }, (_, i) => keyOf(i, sequence)); // strings of their own, as if they came by the wire
    const heap = heapBytes();
    beatMs += await cpu(() => {
      for (const key of keys) if (registry.heartbeat(key)) throw new Error("refused");
    });
    allocated += process.memoryUsage().heapUsed - heap;
  }

  const beats = Math.min(RATE, size);
  sequence++;
  const keys = Array.from({ length: size }, (_, i) => keyOf(i, 0));
  const endMs = performance.now() + STEADY_MS;
  const steadyMs = await cpu(async () => {
    for (let slice = 0; performance.now() < endMs; slice++) {
      for (let i = 0; i < beats / 100; i++) registry.heartbeat(keys[(slice * (beats / 100) + i) % size]!);
      await setTimeout(10);
    }
  });
  const total = size * ROUNDS;
  console.log(
    [
      `${size} instances`,
      `${Math.round(bytes)} bytes an instance (with its document)`,
      `${((registerMs * 1_000) / size).toFixed(1)} µs a registration`,
      `${Math.round((beatMs * 1e6) / total)} ns and ${(allocated / total).toFixed(1)} bytes a heartbeat`,
      `${((steadyMs / STEADY_MS) * 100).toFixed(1)} % of a core for ${beats} heartbeats a second, the script's own timers included`,
      `${registry.counts.commits} commits`,
    ].join("; "),
  );
  await registry.close();
  await store.close();
}

function registration(n: number): Registration {
  return {
    ...keyOf(n, 1),
    address: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`,
    port: 8080,
    weight: 1,
    locality: { region: "eu", zone: `z${n % 3}`, subZone: "" },
    metadata: {},
    status: "UP",
    ttlMs: 30_000,
  };
}

function keyOf(n: number, sequence: number): InstanceKey {
  const service = Buffer.from(`service-${Math.floor(n / PER_SERVICE)}`).toString();
  return { service, id: Buffer.from(`instance-${n}`).toString(), incarnation: 1_700_000_000_000, sequence };
}

function heapBytes(): number {
  globalThis.gc!();
  return process.memoryUsage().heapUsed;
}

/** CPU time of this process, ms. */
async function cpu(work: () => unknown): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000;
}
