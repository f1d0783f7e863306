import assert from "node:assert/strict";
import { test } from "node:test";
import { SnapshotCache } from "../../src/cache/snapshot-cache.ts";

test("what one subscriber throws is told, and keeps neither the commit nor the others from anything", () => {
  const faults: unknown[] = [];
  const heard: string[] = [];
  const cache = new SnapshotCache({ onFault: (error) => faults.push(error), waitsUntilReady: true });
  const defect = new Error("a defect");
  cache.subscribe(() => {
    throw defect;
  });
  cache.subscribe(({ kind }) => heard.push(kind));
  const changed = cache.commit({ groups: new Map([["g", { upsert: [], remove: [] }]]) });
  cache.markReady();
  assert.equal(changed.length, 1);
  assert.ok(cache.snapshotOf("g"));
  assert.deepEqual(heard, ["snapshots", "ready"]);
  assert.deepEqual(faults, [defect, defect]);
});
