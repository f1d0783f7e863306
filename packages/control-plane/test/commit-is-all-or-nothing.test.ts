import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { createStore } from "../src/store/create-store.ts";
import { entryOf } from "../src/store/store.ts";
import { entry } from "./support/resources.ts";

const key = (name: string) => ({ typeUrl: TYPE_URLS.cluster, name });

test("several groups change at one revision", async () => {
  const store = createStore();
  const { revision } = await store.commit([
    { kind: "update", group: "a", owner: "file", upsert: [entry("file", "x")], remove: [] },
    { kind: "update", group: "b", owner: "file", upsert: [entry("file", "y")], remove: [] },
  ]);
  const { groups } = store.state();
  assert.equal(groups.get("a")?.revision, revision);
  assert.equal(groups.get("b")?.revision, revision);
});

test("if one group's change is refused, no other group's is made", async () => {
  const store = createStore();
  await store.commit([{ kind: "update", group: "b", owner: "file", upsert: [entry("file", "y")], remove: [] }]);
  const before = store.state();
  const refused = store.commit([
    { kind: "update", group: "a", owner: "api", upsert: [entry("api", "x")], remove: [] },
    { kind: "update", group: "b", owner: "api", upsert: [entry("api", "y", "mine")], remove: [] },
  ]);
  await assert.rejects(refused, { code: "name-taken" });
  assert.equal(store.state(), before);
});

test("a commit that expects another revision is refused", async () => {
  const store = createStore();
  const { revision } = await store.commit([
    { kind: "update", group: "a", owner: "api", upsert: [entry("api", "x")], remove: [] },
  ]);
  const withdraw = [{ kind: "withdraw", group: "a", owner: "api" }] as const;
  await assert.rejects(store.commit(withdraw, { expectedRevision: revision - 1 }), { code: "revision-conflict" });
  await store.commit(withdraw, { expectedRevision: revision });
  assert.equal(store.state().groups.has("a"), false);
});

test("equal content makes no revision, whatever its place", async () => {
  const store = createStore();
  const told: unknown[] = [];
  const first = await store.commit([
    { kind: "update", group: "a", owner: "file", upsert: [entry("file", "x")], remove: [] },
  ]);
  store.watch(first.revision, (event) => told.push(event));
  const moved = { ...entry("file", "x"), place: { file: "a.yaml", pointer: "/resources/1", line: 7, column: 3 } };
  const again = await store.commit([
    { kind: "update", group: "a", owner: "file", upsert: [moved], remove: [key("gone")] },
  ]);
  assert.deepEqual([again.changed, again.revision, told], [false, first.revision, []]);
  assert.equal(entryOf(store.state().groups.get("a"), key("x"))?.place.line, 7, "yet the new place is known");
});

test("what is taken away and given back within one commit has not changed", async () => {
  const store = createStore();
  const upsert = [entry("file", "x")];
  await store.commit([{ kind: "update", group: "a", owner: "file", upsert, remove: [] }]);
  const { changed } = await store.commit([
    { kind: "update", group: "a", owner: "file", upsert: [], remove: [key("x")] },
    { kind: "update", group: "a", owner: "file", upsert, remove: [] },
  ]);
  assert.equal(changed, false);
});

test("a group is gone with the last of its owners", async () => {
  const store = createStore();
  await store.commit([
    { kind: "update", group: "a", owner: "file", upsert: [entry("file", "x")], remove: [] },
    { kind: "update", group: "a", owner: "api", upsert: [entry("api", "y")], remove: [] },
  ]);
  await store.commit([{ kind: "withdraw", group: "a", owner: "api" }]);
  assert.deepEqual([...store.state().groups.get("a")!.types.get(TYPE_URLS.cluster)!.keys()], ["x"]);
  await store.commit([{ kind: "withdraw", group: "a", owner: "file" }]);
  assert.equal(store.state().groups.has("a"), false);
});

test("nobody removes what another owns", async () => {
  const store = createStore();
  await store.commit([{ kind: "update", group: "a", owner: "file", upsert: [entry("file", "x")], remove: [] }]);
  await store.commit([{ kind: "update", group: "a", owner: "api", upsert: [], remove: [key("x")] }]);
  assert.ok(entryOf(store.state().groups.get("a"), key("x")));
});

test("what cannot name a group is refused", async () => {
  const store = createStore();
  for (const group of ["", "..", "a/b", "a b", "a\u0000", "x".repeat(254)]) {
    await assert.rejects(store.commit([{ kind: "withdraw", group, owner: "api" }]), { code: "group-invalid" });
  }
});
