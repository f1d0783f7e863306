import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { etcdOfFile } from "../../../../../test/support/etcd-of-file.ts";
import { killRounds, type StartVictim } from "../../support/kill/rounds.ts";
import { serveVictim } from "../../support/kill/serve-victim.ts";
import { storeVictim } from "../../support/kill/store-victim.ts";

// Longer with `npm run check:kill -- --rounds 200 --store etcd://HOST:PORT`, and `bare:etcd://…`.

const { etcd, options } = await etcdOfFile();

test("45 rounds with a bare store on etcd", options, (t) => survives(t, 45, storeVictim(`${etcd.url}/bare`)));

test("5 rounds with fairlead serve --store", options, (t) =>
  survives(t, 5, serveVictim(["--store", `${etcd.url}/serve`])),
);

async function survives(t: TestContext, rounds: number, victim: StartVictim): Promise<void> {
  const report = await killRounds(victim, { rounds, maxWrites: 40 });
  t.diagnostic(JSON.stringify(report));
  const { lost, altered, invented } = report;
  assert.deepEqual({ lost, altered, invented }, { lost: 0, altered: 0, invented: 0 });
  assert.ok(report.acknowledged > rounds, "hardly anything was written");
}
