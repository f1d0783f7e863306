// Kills etcd's leader under writes, again and again, and looks whether an acknowledged write is missing and how long writes waited:
// `npm run check:etcd -- [--kills 10]`.
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startEtcd } from "../../../test/support/etcd.ts";
import { requireTool } from "../../../test/support/tools.ts";
import { openStore } from "../src/store/create-store.ts";
import { openEtcd } from "../src/store/etcd/open-etcd.ts";
import { parseEtcdUrl } from "../src/store/etcd/settings.ts";

/** Writers of each of two stores. */
const WRITERS = 4;
/** Time for which is written between two kills, ms. */
const LIFE_MS = 1_500;

const { values } = parseArgs({ options: { kills: { type: "string", default: "10" } } });
const kills = Number(values.kills);
const tool = requireTool("etcd");
if ("skip" in tool) throw new Error(tool.skip);
const etcd = await startEtcd(tool.path, { members: 3 });
const places = [0, 1].map(() => openEtcd(parseEtcdUrl(etcd.url)));
const stores = await Promise.all(places.map(({ log }) => openStore(log)));
const acknowledged = new Map<string, number>();
const gaps: number[] = [];
let refused = 0;
let acknowledgedAt = performance.now();
let longest = 0;
let isOver = false;

async function write(store: (typeof stores)[number], key: string): Promise<void> {
  for (let n = 1; !isOver; n++) {
    try {
      await store.commit([{ kind: "document", key, value: n }]);
    } catch {
      refused++;
      await delay(50);
      continue;
    }
    acknowledged.set(key, n);
    longest = Math.max(longest, performance.now() - acknowledgedAt);
    acknowledgedAt = performance.now();
  }
}

const writers = stores.flatMap((store, i) => Array.from({ length: WRITERS }, (_, j) => write(store, `w/${i}-${j}`)));
for (let kill = 0; kill < kills; kill++) {
  await delay(LIFE_MS);
  const leader = await etcd.leader();
  longest = 0;
  await leader.kill();
  await delay(LIFE_MS);
  while (longest < 100 && performance.now() - acknowledgedAt > 100) await delay(20);
  gaps.push(Math.round(longest));
  await leader.start();
}
isOver = true;
await Promise.all(writers);
const third = openEtcd(parseEtcdUrl(etcd.url));
const fresh = await openStore(third.log);
let lost = 0;
for (const [key, n] of acknowledged) if (((fresh.state().documents.get(key)?.value as number) ?? 0) < n) lost++;
gaps.sort((a, b) => a - b);
const percentile = (p: number) => gaps[Math.min(gaps.length - 1, Math.floor((p / 100) * gaps.length))];
const writes = [...acknowledged.values()].reduce((sum, n) => sum + n, 0);
const report = { kills, writes, refused, lost, gapMs: { p50: percentile(50), p99: percentile(99) } };
process.stdout.write(`${JSON.stringify(report)}\n`);
for (const store of [...stores, fresh]) await store.close();
for (const place of [...places, third]) place.close();
await etcd.close();
process.exitCode = lost === 0 ? 0 : 1;
