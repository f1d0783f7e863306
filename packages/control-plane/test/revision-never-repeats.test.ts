import assert from "node:assert/strict";
import { test } from "node:test";
import { createStore } from "../src/store/create-store.ts";
import { entry } from "./support/resources.ts";

async function commit(store: ReturnType<typeof createStore>, content: string): Promise<number> {
  const upsert = [entry("file", "x", content)];
  return (await store.commit([{ kind: "update", group: "a", owner: "file", upsert, remove: [] }])).revision;
}

test("revisions increase while the clock stands still, or goes back", async () => {
  let now = 1_000;
  const store = createStore({ now: () => now });
  const revisions = [store.state().revision];
  for (let i = 0; i < 5; i++) revisions.push(await commit(store, `${i}`));
  now = 10;
  revisions.push(await commit(store, "back"));
  assert.deepEqual(revisions, [1_000, 1_001, 1_002, 1_003, 1_004, 1_005, 1_006]);
});

test("a store made later begins above all that the one before used", async () => {
  let now = 1_000;
  const before = createStore({ now: () => now });
  now = 5_000;
  const last = await commit(before, "last");
  now = 5_001;
  assert.ok(createStore({ now: () => now }).state().revision > last);
});
