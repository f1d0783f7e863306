import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { SnapshotCache, type SnapshotEvent } from "@fairlead/xds";
import { createStore } from "../src/store/create-store.ts";
import { feedCache } from "../src/store/feed-cache.ts";
import type { Change, Owner } from "../src/store/store.ts";
import { entry } from "./support/resources.ts";

const give = (group: string, owner: Owner, names: readonly string[], label?: string): Change => ({
  kind: "update",
  group,
  owner,
  upsert: names.map((name) => entry(owner, name)),
  remove: [],
  labels: new Map(label === undefined ? [] : [[TYPE_URLS.cluster, label]]),
});

function namesIn(cache: SnapshotCache, group: string): string[] | undefined {
  const snapshot = cache.snapshotOf(group);
  return snapshot && [...(snapshot.types.get(TYPE_URLS.cluster)?.resources.keys() ?? [])].sort();
}

test("each commit of the store is one of the cache, at the same revision", async () => {
  const store = createStore();
  const cache = new SnapshotCache();
  await store.commit([give("early", "file", ["x"])]);
  const stop = feedCache(store, cache);
  assert.deepEqual(namesIn(cache, "early"), ["x"], "what was there before is fed at once");

  const { revision } = await store.commit([
    give("g", "file", ["a", "b"]),
    give("g", "api", ["c"]),
    give("h", "file", ["d"]),
  ]);
  assert.deepEqual([namesIn(cache, "g"), namesIn(cache, "h")], [["a", "b", "c"], ["d"]]);
  assert.deepEqual([cache.snapshotOf("g")?.revision, cache.snapshotOf("h")?.revision], [revision, revision]);

  await store.commit([{ kind: "withdraw", group: "g", owner: "api" }]);
  assert.deepEqual(namesIn(cache, "g"), ["a", "b"]);
  await store.commit([{ kind: "withdraw", group: "h", owner: "file" }]);
  assert.equal(namesIn(cache, "h"), undefined);

  stop();
  await store.commit([give("g", "api", ["late"])]);
  assert.deepEqual(namesIn(cache, "g"), ["a", "b"]);
});

test("labels come, stay and go with the content", async () => {
  const store = createStore();
  const cache = new SnapshotCache();
  feedCache(store, cache);
  const label = () => cache.snapshotOf("g")?.types.get(TYPE_URLS.cluster)?.label;
  await store.commit([give("g", "api", ["a"], "v1")]);
  assert.equal(label(), "v1");
  await store.commit([give("g", "api", ["a"], "v2")]);
  assert.equal(label(), "v2");
  await store.commit([give("g", "file", ["b"])]);
  assert.equal(label(), undefined);
});

test("nodes are assigned anew when groups come or go, and only then", async () => {
  const store = createStore();
  const cache = new SnapshotCache();
  const events: SnapshotEvent["kind"][] = [];
  cache.subscribe(({ kind }) => events.push(kind));
  feedCache(store, cache);
  await store.commit([give("g", "file", ["a"])]);
  await store.commit([give("g", "file", ["b"])]);
  await store.commit([{ kind: "withdraw", group: "g", owner: "file" }]);
  assert.deepEqual(events, ["snapshots", "regrouped", "snapshots", "deleted", "regrouped"]);
});
