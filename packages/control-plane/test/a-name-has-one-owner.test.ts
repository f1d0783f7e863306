import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { configOf } from "../src/config/config.ts";
import type { FairleadError } from "../src/errors.ts";
import { createStore } from "../src/store/create-store.ts";
import { entryOf } from "../src/store/store.ts";
import { createCommitter } from "../src/validation/commit.ts";
import { entry } from "./support/resources.ts";

test("a name that a file defines is refused to the API, and both are told", async (t) => {
  const store = createStore();
  const committer = createCommitter(store, configOf().references);
  t.after(() => committer.close());
  const place = { file: "a.yaml", pointer: "/resources/0", line: 2, column: 3 };
  const upsert = [{ ...entry("file", "x"), place }];
  await committer.commit([{ kind: "update", group: "g", owner: "file", upsert, remove: [] }]);
  const refused = committer.commit([
    { kind: "update", group: "g", owner: "api", upsert: [entry("api", "y"), entry("api", "x")], remove: [] },
  ]);
  await assert.rejects(refused, (error: FairleadError) => {
    assert.equal(error.code, "name-taken");
    assert.deepEqual(
      error.faults.map(({ rule, pointer, name }) => [rule, pointer, name]),
      [["name.taken", "/resources/x", "x"]],
    );
    assert.match(error.message, /by api at \/resources\/x and by file at a\.yaml:2:3/);
    return true;
  });
  const state = store.state().groups.get("g");
  assert.equal(entryOf(state, { typeUrl: TYPE_URLS.cluster, name: "y" }), undefined);
});

test("owners may share a group, and the same name in another type or group", async (t) => {
  const committer = createCommitter(createStore(), configOf().references);
  t.after(() => committer.close());
  const { revision } = await committer.commit([
    { kind: "update", group: "g", owner: "file", upsert: [entry("file", "x")], remove: [] },
    { kind: "update", group: "g", owner: "api", upsert: [entry("api", "x", "", TYPE_URLS.listener)], remove: [] },
    { kind: "update", group: "h", owner: "api", upsert: [entry("api", "x")], remove: [] },
  ]);
  assert.equal(committer.store.state().groups.get("g")?.revision, revision);
});

test("writers that build on the same state both get through", async (t) => {
  const store = createStore();
  const committers = [createCommitter(store, configOf().references), createCommitter(store, configOf().references)];
  t.after(() => committers.map((committer) => committer.close()));
  const writes = Array.from({ length: 20 }, (_, i) =>
    committers[i % 2]!.commit([
      { kind: "update", group: "g", owner: "api", upsert: [entry("api", `x${i}`)], remove: [] },
    ]),
  );
  await Promise.all(writes);
  assert.equal(store.state().groups.get("g")?.types.get(TYPE_URLS.cluster)?.size, 20);
});
