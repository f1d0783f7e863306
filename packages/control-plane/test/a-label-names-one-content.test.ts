import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { createStore } from "../src/store/create-store.ts";
import type { Entry, Store } from "../src/store/store.ts";
import { entry } from "./support/resources.ts";

const { cluster } = TYPE_URLS;

function put(store: Store, upsert: readonly Entry[], label?: string) {
  const labels = new Map(label === undefined ? [] : [[cluster, label]]);
  return store.commit([{ kind: "update", group: "g", owner: upsert[0]!.owner, upsert, remove: [], labels }]);
}

const labelIn = (store: Store) => store.state().groups.get("g")?.labels.get(cluster);

test("a label stays while its content does, and goes when that changes", async () => {
  const store = createStore();
  await put(store, [entry("api", "x", "1")], "commit-1");
  assert.equal(labelIn(store), "commit-1");
  const { changed } = await put(store, [entry("api", "x", "1")]);
  assert.deepEqual([changed, labelIn(store)], [false, "commit-1"]);
  await put(store, [entry("api", "x", "2")]);
  assert.equal(labelIn(store), undefined);
});

test("another owner's change of the type takes the label away too", async () => {
  const store = createStore();
  await put(store, [entry("api", "x", "1")], "commit-1");
  await put(store, [entry("file", "y", "1")]);
  assert.equal(labelIn(store), undefined);
});

test("a label used again for other content is refused until it is forgotten", async () => {
  const store = createStore();
  await put(store, [entry("api", "x", "1")], "commit-1");
  await put(store, [entry("api", "x", "2")], "commit-2");
  await assert.rejects(put(store, [entry("api", "x", "3")], "commit-1"), { code: "label-conflict" });
  await put(store, [entry("api", "x", "1")], "commit-1");
  assert.equal(labelIn(store), "commit-1", "the same content may bear it again");
  await store.commit([{ kind: "withdraw", group: "g", owner: "api" }]);
  await put(store, [entry("api", "x", "3")], "commit-1");
  assert.equal(labelIn(store), "commit-1");
});

test("withdrawing forgets an owner's labels though the group lives on", async () => {
  const store = createStore();
  await put(store, [entry("file", "y", "1")]);
  await put(store, [entry("api", "x", "1")], "commit-1");
  await store.commit([{ kind: "withdraw", group: "g", owner: "api" }]);
  assert.equal(labelIn(store), undefined);
  await put(store, [entry("api", "x", "2")], "commit-1");
  assert.equal(labelIn(store), "commit-1");
});

test("a new label for equal content is a new revision", async () => {
  const store = createStore();
  const first = await put(store, [entry("api", "x")], "commit-1");
  const second = await put(store, [entry("api", "x")], "commit-2");
  assert.ok(second.changed && second.revision > first.revision);
});

test("labels that are empty or longer than 128 characters are refused", async () => {
  const store = createStore();
  await put(store, [entry("api", "x")], "l".repeat(128));
  for (const label of ["", "l".repeat(129)]) {
    await assert.rejects(put(store, [entry("api", "x")], label), { code: "label-invalid" });
  }
});

test("the labels remembered are bounded", async () => {
  const store = createStore();
  for (let i = 0; i < 1_100; i++) await put(store, [entry("api", "x", `${i}`)], `commit-${i}`);
  assert.equal(store.state().groups.get("g")?.usedLabels.size, 1_024);
  await assert.rejects(put(store, [entry("api", "x", "other")], "commit-1000"), { code: "label-conflict" });
});
