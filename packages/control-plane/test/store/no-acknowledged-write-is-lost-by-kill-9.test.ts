import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type KillReport, killRounds, type StartVictim } from "../support/kill/rounds.ts";
import { serveVictim } from "../support/kill/serve-victim.ts";
import { storeVictim } from "../support/kill/store-victim.ts";

// Longer with `npm run check:kill -- --rounds 200`.

test("45 rounds with a bare store on SQLite", (t) => survives(t, 45, storeVictim(placeOf(t))));

test("5 rounds with fairlead serve --data-dir", (t) => survives(t, 5, serveVictim(["--data-dir", placeOf(t)])));

async function survives(t: TestContext, rounds: number, victim: StartVictim): Promise<void> {
  const report = await killRounds(victim, { rounds, maxWrites: 60 });
  t.diagnostic(JSON.stringify(report));
  const { lost, altered, invented } = report satisfies KillReport;
  assert.deepEqual({ lost, altered, invented }, { lost: 0, altered: 0, invented: 0 });
  assert.ok(report.acknowledged > rounds, "hardly anything was written");
}

function placeOf(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "fairlead-kill-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
