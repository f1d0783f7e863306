// Kills a control plane that takes writes, again and again, and looks whether any that it acknowledged is missing:
// `npm run check:kill -- [--rounds 200] [--store sqlite|bare|URL|bare:URL]`.
// `sqlite`: a real `fairlead serve --data-dir`, the default. `bare`: the store alone on SQLite. `etcd://…`: `fairlead serve --store`; `bare:etcd://…`: the store alone on etcd.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { killRounds, type StartVictim } from "../test/support/kill/rounds.ts";
import { serveVictim } from "../test/support/kill/serve-victim.ts";
import { storeVictim } from "../test/support/kill/store-victim.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "200" }, store: { type: "string", default: "sqlite" } },
});
const folder = mkdtempSync(join(tmpdir(), "fairlead-kill-"));

function victimOf(store: string): StartVictim {
  if (store === "bare") return storeVictim(folder);
  if (store.startsWith("bare:")) return storeVictim(store.slice("bare:".length));
  return serveVictim(store === "sqlite" ? ["--data-dir", folder] : ["--store", store]);
}

const say = (line: string) => process.stdout.write(`${line}\n`);
try {
  const report = await killRounds(victimOf(values.store), {
    rounds: Number(values.rounds),
    maxWrites: 200,
    told: say,
  });
  say(JSON.stringify({ store: values.store, ...report }, undefined, 1));
  process.exitCode = report.lost + report.altered + report.invented === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
