import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { keepHistory } from "../../src/admin/revision-history.ts";
import { compareStates } from "../../src/history/compare-states.ts";
import { resolveRevision, stateAtRevision } from "../../src/history/resolve-revision.ts";
import { openStore } from "../../src/store/create-store.ts";
import { sqliteLog } from "../../src/store/sqlite/sqlite-log.ts";
import type { Change, Store } from "../../src/store/store.ts";
import { entry } from "../support/resources.ts";

/** Commits after which a checkpoint is kept, and history forgotten. */
const MANY = 2_600;

const give = (name: string, content = ""): Change => ({
  kind: "update",
  group: "g",
  owner: "api",
  upsert: [entry("api", name, content)],
  remove: [],
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function listed(store: Store) {
  const history = keepHistory(store, { maxRevisions: 100 });
  const all = await collect(history.newestFirst({ before: Number.MAX_SAFE_INTEGER, from: 0 }));
  history.close();
  return all;
}

test("what each revision did is told the same after a restart; what is forgotten, with the oldest that is kept", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-history-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const open = () => openStore(sqliteLog(directory, { retention: { maxRecords: 100 } }));

  const first = await open();
  const live = keepHistory(first, { maxRevisions: 100 });
  await first.commit([give("a"), give("b")], { author: "ana", reason: "the first" });
  await first.commit([give("a", "new"), { kind: "document", key: "services/s", value: 1 }], { author: "bob" });
  await first.commit([{ kind: "withdraw", group: "g", owner: "api" }]);
  const told = await collect(live.newestFirst({ before: Number.MAX_SAFE_INTEGER, from: 0 }));
  live.close();
  await first.close();

  const second = await open();
  const again = await listed(second);
  assert.equal(told.length, 3);
  assert.deepEqual(again, told);
  const [, middle, oldest] = again;
  assert.deepEqual(
    [oldest!.author, oldest!.reason, oldest!.groups[0]!.change, oldest!.groups[0]!.counts.added],
    ["ana", "the first", "created", 2],
  );
  const from = await resolveRevision(second, "~2");
  assert.deepEqual([from, await resolveRevision(second, `${middle!.revision}~1`)], [oldest!.revision, from]);
  const differences = compareStates(
    await stateAtRevision(second, from),
    await stateAtRevision(second, middle!.revision),
    {},
  );
  assert.deepEqual(
    differences.map((one) => `${one.kind} ${one.of === "document" ? one.key : "name" in one && one.name}`).sort(),
    ["added services/s", "changed a"],
    "what is equal is not told, though it was read twice",
  );
  assert.equal((await stateAtRevision(second, await resolveRevision(second, `${oldest!.revision}~1`))).groups.size, 0);

  await Promise.all(Array.from({ length: MANY }, (_, i) => second.commit([give("n", `${i}`)])));
  await second.close();
  const third = await open();
  t.after(() => third.close());
  const kept = await listed(third);
  assert.ok(kept.length > 0 && kept.length < MANY, `${kept.length} are kept`);
  await assert.rejects(stateAtRevision(third, middle!.revision), (error: { code: string; members: unknown }) => {
    assert.equal(error.code, "revision-forgotten");
    const { oldest } = error.members as { oldest: number };
    return oldest > middle!.revision && oldest <= kept.at(-1)!.revision;
  });
  await assert.rejects(stateAtRevision(third, Number.MAX_SAFE_INTEGER), { code: "revision-unknown" });
});
