import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import fc from "fast-check";
import { createStore } from "../src/store/create-store.ts";
import type { Change, Store } from "../src/store/store.ts";
import { type Content, contentOf, follow, sorted } from "./support/followed-content.ts";
import { entry } from "./support/resources.ts";

const names = ["a", "b", "c", "d"];

/** What anybody may do: give or take a few names of a group, or leave it. */
const change = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("update" as const),
      group: fc.constantFrom("g", "h"),
      owner: fc.constantFrom("file", "api"),
      give: fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom("1", "2")), { maxLength: 3 }),
      take: fc.array(fc.constantFrom(...names), { maxLength: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("withdraw" as const),
      group: fc.constantFrom("g", "h"),
      owner: fc.constantFrom("file", "api"),
    }),
  },
);

/** Each owner keeps to names of its own, as a conflict would only refuse the commit. */
function toChange(from: typeof change extends fc.Arbitrary<infer T> ? T : never): Change {
  if (from.kind === "withdraw") return from;
  const { group, owner, give, take } = from;
  return {
    kind: "update",
    group,
    owner,
    upsert: give.map(([name, content]) => entry(owner, `${owner}-${name}`, content)),
    remove: take.map((name) => ({ typeUrl: TYPE_URLS.cluster, name: `${owner}-${name}` })),
  };
}

test("following a watch from any revision leads to the store's state", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(change, { maxLength: 3 }), { maxLength: 12 }),
      fc.nat(12),
      fc.constantFrom(0, 3, 10_000),
      async (commits, joinAt, maxHistoryResources) => {
        const store: Store = createStore({ maxHistoryResources });
        const early: Content = new Map();
        store.watch(0, (event) => follow(early, event));
        const late: Content = new Map();
        let joined: number | undefined;
        for (const [index, changes] of commits.entries()) {
          if (index === joinAt) {
            for (const [group, resources] of contentOf(store.state())) late.set(group, resources);
            joined = store.state().revision;
          }
          await store.commit(changes.map(toChange));
        }
        if (joined !== undefined) store.watch(joined, (event) => follow(late, event));
        const state = sorted(contentOf(store.state()));
        assert.deepEqual(sorted(early), state);
        if (joined !== undefined) assert.deepEqual(sorted(late), state);
      },
    ),
    { numRuns: 200 },
  );
});

test("commits made by a listener are heard by all in order", async () => {
  const store = createStore();
  const give = (content: string) =>
    store.commit([{ kind: "update", group: "g", owner: "file", upsert: [entry("file", "x", content)], remove: [] }]);
  let second: Promise<unknown> | undefined;
  store.watch(store.state().revision, () => {
    second ??= give("2");
  });
  const heard: number[] = [];
  store.watch(store.state().revision, (event) => event.kind === "commit" && heard.push(event.commit.revision));
  await give("1");
  await second;
  assert.equal(heard.length, 2);
  assert.ok(heard[0]! < heard[1]!);
});

test("a closed store refuses and tells nothing more", async () => {
  const store = createStore();
  await store.close();
  await assert.rejects(store.commit([]), { code: "store-closed" });
});
