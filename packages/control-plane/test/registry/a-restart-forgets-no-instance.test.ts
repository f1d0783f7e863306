import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createRegistry } from "../../src/registry/create-registry.ts";
import { replicateAlone } from "../../src/replicas/alone.ts";
import { openStore } from "../../src/store/create-store.ts";
import { sqliteLog } from "../../src/store/sqlite/sqlite-log.ts";
import { NOTHING, registrationOf } from "../support/registry.ts";

test("after a restart every instance is there as it was, beats on, and late messages are still late", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-registry-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const start = async () => {
    const store = await openStore(sqliteLog(directory));
    const { membership } = replicateAlone({ id: "r-1", adminUrl: "http://127.0.0.1:1" });
    const registry = createRegistry({ store, membership });
    const stop = async () => {
      await registry.close();
      await store.close();
    };
    return { registry, stop };
  };

  const first = await start();
  await first.registry.announce({
    ...NOTHING,
    register: [registrationOf({ sequence: 3 }), registrationOf({ id: "p-2", status: "DRAINING" })],
  });
  const before = [...first.registry.instances("payments")];
  await first.registry.announce({ ...NOTHING, register: [registrationOf({ id: "p-3" })] });
  await first.registry.announce({ ...NOTHING, deregister: [{ ...registrationOf({ id: "p-3" }), sequence: 2 }] });
  await first.stop();

  const { registry, stop } = await start();
  t.after(stop);
  assert.deepEqual([...registry.instances("payments")], before);
  assert.equal(registry.heartbeat({ ...registrationOf(), sequence: 4 }), undefined);
  const { refusals } = await registry.announce({ ...NOTHING, register: [registrationOf({ sequence: 2, port: 1 })] });
  assert.deepEqual(
    refusals.map(({ code }) => code),
    ["instance-stale"],
  );
  assert.equal(registry.counts.commits, 0);
});
