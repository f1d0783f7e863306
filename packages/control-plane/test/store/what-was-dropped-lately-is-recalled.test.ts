import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import { FairleadError } from "../../src/errors.ts";
import { compileIncludes } from "../../src/groups/includes.ts";
import { createStore } from "../../src/store/create-store.ts";
import { recallDropped } from "../../src/store/dropped-lately.ts";
import type { Change, Store } from "../../src/store/store.ts";
import { entry } from "../support/resources.ts";

const onFault = (error: unknown) => assert.fail(String(error));

const includes = compileIncludes({ edge: ["common"] });

const change = (group: string, names: readonly string[], gone: readonly string[]): Change => ({
  kind: "update",
  group,
  owner: "api",
  upsert: names.map((name) => entry("api", name)),
  remove: gone.map((name) => ({ typeUrl: TYPE_URLS.cluster, name })),
});
const put = (group: string, ...names: string[]) => change(group, names, []);
const remove = (group: string, ...names: string[]) => change(group, [], names);

async function namesDropped(store: Store, droppedForMs = 600_000): Promise<Record<string, string[]>> {
  const dropped = await recallDropped(store, includes, { droppedForMs, onFault });
  return Object.fromEntries([...dropped].map(([group, all]) => [group, all.map(({ resource }) => resource.name)]));
}

test("what commits dropped of a group or of what it includes is recalled, each with its content and its time", async () => {
  const store = createStore();
  const { state } = await store.commit([put("common", "a", "b"), put("edge", "own")]);
  const served = state.groups.get("common")?.types.get(TYPE_URLS.cluster)?.get("a")?.resource;
  await store.commit([remove("common", "a"), put("edge", "own", "more")]);
  await store.commit([remove("edge", "own")]);
  assert.deepEqual(await namesDropped(store), { common: ["a"], edge: ["a", "own"] });
  const [a, own] = (await recallDropped(store, includes, { droppedForMs: 600_000, onFault })).get("edge")!;
  assert.equal(a!.resource.version, served!.version);
  assert.ok(a!.droppedAtMs! <= own!.droppedAtMs!);

  await store.commit([put("common", "a")]);
  assert.deepEqual(await namesDropped(store), { common: [], edge: ["own"] }, "what is back was not dropped");
});

test("what was dropped too long ago is not recalled", async () => {
  let now = Date.now() - 1_000_000;
  const store = createStore({ now: () => now });
  await store.commit([put("edge", "a", "b"), put("common")]);
  await store.commit([remove("edge", "a")]);
  now = Date.now() - 1_000;
  await store.commit([remove("edge", "b")]);
  assert.deepEqual(await namesDropped(store), { edge: ["b"] });
  assert.deepEqual(await namesDropped(store, 2_000_000), { edge: ["a", "b"], common: [] });
});

test("the proxies of a deleted group have all that it held, if it comes back", async () => {
  const store = createStore();
  await store.commit([put("edge", "a", "b"), put("common")]);
  await store.commit([{ kind: "withdraw", group: "other", owner: "api" }, put("lone", "x")]);
  await store.commit([{ kind: "withdraw", group: "lone", owner: "api" }]);
  await store.commit([put("lone", "y")]);
  assert.deepEqual((await namesDropped(store)).lone, ["x"]);
});

test("a store that is away is waited for, and a damaged history is done without", async () => {
  const store = createStore();
  await store.commit([put("lone", "a", "b")]);
  await store.commit([remove("lone", "a")]);
  const told: unknown[] = [];
  const options = { droppedForMs: 600_000, onFault: (error: unknown) => void told.push(error) };
  let away = 2;
  const flapping: Store = {
    ...store,
    history: (range) =>
      away-- > 0 ? Promise.reject(new FairleadError("store-unavailable", "away")) : store.history(range),
  };
  assert.deepEqual([...(await recallDropped(flapping, includes, options)).keys()], ["lone"]);
  assert.equal(told.length, 1, "once, however long it takes");
  const damaged: Store = { ...store, history: () => Promise.reject(new FairleadError("store-unusable", "damaged")) };
  assert.equal((await recallDropped(damaged, includes, options)).size, 0);
  const gone: Store = { ...store, history: () => Promise.reject(new FairleadError("store-unavailable", "away")) };
  const ending = AbortSignal.abort();
  await assert.rejects(recallDropped(gone, includes, { ...options, signal: ending }), { code: "store-closed" });
});
