import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import fc from "fast-check";
import type { StoreOptions } from "../../../src/store/create-store.ts";
import { diffStates } from "../../../src/store/diff.ts";
import {
  type Change,
  DERIVED_OWNER,
  type Derive,
  type Entry,
  type Store,
  type StoreEvent,
  type StoreState,
} from "../../../src/store/store.ts";
import { type Content, contentOf, follow, sorted } from "../../support/followed-content.ts";
import { entry } from "../../support/resources.ts";
import { until } from "../../support/until.ts";

/** A kind of store, and how one comes by it. */
export interface StoreKind {
  readonly name: string;
  readonly isDurable: boolean;
  /** Whether several may be open on one place at a time. */
  readonly isShared: boolean;
  /** Makes an empty place; what is left of it goes with the test. */
  place(t: TestContext): Promise<StorePlace>;
}

/** Where a store is kept. */
export interface StorePlace {
  /** Opens the store of this place; whoever opens it closes it. */
  open(options?: StoreOptions): Promise<Store>;
}

/** The tests that every store passes; a file of each kind calls this. */
export function keepsTheContract(kind: StoreKind): void {
  const open = async (t: TestContext, options: StoreOptions = {}, place?: StorePlace): Promise<Store> => {
    const store = await (place ?? (await kind.place(t))).open(options);
    t.after(() => store.close());
    return store;
  };

  test(`${kind.name}: a commit of several groups and documents is made whole or not at all`, async (t) => {
    const store = await open(t);
    const seen: string[][] = [];
    store.watch(store.state().revision, (event) => event.kind === "commit" && seen.push(namesOf(event.commit.state)));
    await store.commit([give("a", entry("api", "1")), give("b", entry("api", "2")), document("d", 1)]);
    const before = store.state();
    const taken = [give("c", entry("file", "3")), document("e", 2), give("a", entry("file", "1"))];
    await assert.rejects(store.commit(taken), { code: "name-taken" });
    assert.equal(store.state(), before, "nothing of what was refused is there");
    assert.deepEqual(seen, [["a/1", "b/2", "d"]]);
  });

  test(`${kind.name}: a commit for another revision is refused, one that changes nothing makes none`, async (t) => {
    const store = await open(t);
    const first = await store.commit([give("a", entry("api", "1"))]);
    await assert.rejects(store.commit([give("a", entry("api", "2"))], { expectedRevision: first.revision - 1 }), {
      code: "revision-conflict",
    });
    const same = await store.commit([give("a", entry("api", "1"))], { expectedRevision: first.revision });
    assert.deepEqual([same.changed, same.revision], [false, first.revision]);
    const next = await store.commit([give("a", entry("api", "2"))], { expectedRevision: first.revision });
    assert.ok(next.changed && next.revision > first.revision);
  });

  test(`${kind.name}: a document's change for another revision of it is passed over, and the rest is made`, async (t) => {
    const store = await open(t);
    const { revision } = await store.commit([document("a", 1), document("b", 1)]);
    const changes = [document("a", 2, revision), document("b", 2, revision - 1), document("c", 2, 0)];
    const { passedOver } = await store.commit(changes);
    assert.deepEqual(passedOver, ["b"]);
    const valueAt = (key: string) => store.state().documents.get(key)?.value;
    assert.deepEqual(["a", "b", "c"].map(valueAt), [2, 1, 2]);
  });

  test(`${kind.name}: changes that depend on the state see every commit before theirs`, async (t) => {
    const store = await open(t);
    await Promise.all(Array.from({ length: 100 }, () => store.commit(increment)));
    assert.equal(store.state().documents.get("count")?.value, 100);
    const refusal = new Error("not now");
    await assert.rejects(
      store.commit(() => {
        throw refusal;
      }),
      refusal,
    );
    await store.commit(increment);
    assert.equal(store.state().documents.get("count")?.value, 101);
  });

  test(`${kind.name}: a watch tells all from a revision on, or the state where that is too old`, async (t) => {
    const store = await open(t, { maxHistoryResources: 20 });
    const revisions: number[] = [];
    for (let i = 0; i < 15; i++) revisions.push((await store.commit([give("a", entry("api", `${i}`))])).revision);
    const heardFrom = (revision: number) => {
      const events: StoreEvent[] = [];
      store.watch(revision, (event) => events.push(event))();
      return events.map((event) => (event.kind === "commit" ? event.commit.revision : event.kind));
    };
    assert.deepEqual(heardFrom(revisions[12]!), revisions.slice(13));
    assert.deepEqual(heardFrom(revisions[14]!), []);
    assert.deepEqual(heardFrom(revisions[1]!), ["state"]);
  });

  test(`${kind.name}: history tells commits newest first, and former states can be had`, async (t) => {
    const store = await open(t);
    const states: StoreState[] = [];
    for (let i = 0; i < 5; i++) {
      const changes = [give("a", entry("api", "x", `${i}`)), document(`d${i}`, i)];
      states.push((await store.commit(changes, { author: `by ${i}`, reason: "because" })).state);
    }
    const [, second, third, fourth] = states.map(({ revision }) => revision);
    const told = await store.history({ from: second!, to: fourth!, limit: 2 });
    assert.deepEqual(
      told.map(({ revision, author, reason }) => [revision, author, reason]),
      [
        [fourth, "by 3", "because"],
        [third, "by 2", "because"],
      ],
    );
    assert.equal(told[0]!.changes.length, 2);
    for (const state of states) assert.deepEqual(shown(await store.stateAt(state.revision)), shown(state));
    assert.equal(await store.stateAt(states[4]!.revision + 1), undefined);
  });

  test(`${kind.name}: 10,000 resources in one commit come at once`, async (t) => {
    const place = await kind.place(t);
    const store = await open(t, {}, place);
    const sizes = new Set<number>();
    store.watch(0, (event) => sizes.add(sizeOf(event.kind === "commit" ? event.commit.state : event.state)));
    const pad = "x".repeat(200);
    const entries = Array.from({ length: 10_000 }, (_, i) => entry("api", `c-${i}`, pad + i));
    await store.commit([give("big", ...entries)]);
    sizes.delete(0);
    assert.deepEqual([...sizes], [10_000]);
    if (!kind.isDurable) return;
    const state = store.state();
    await store.close();
    const again = await open(t, {}, place);
    assert.equal(again.state().revision, state.revision);
    assert.deepEqual([...diffStates(state, again.state())], []);
  });

  test(`${kind.name}: a closed store has made what it was asked to before, and refuses what comes after`, async (t) => {
    const store = await open(t);
    const last = store.commit([give("a", entry("api", "1"))]);
    await store.close();
    assert.ok((await last).changed);
    await assert.rejects(store.commit([]), { code: "store-closed" });
  });

  test(`${kind.name}: more commits than may wait are refused, and those before them are made`, async (t) => {
    const store = await open(t, { maxWaiting: 3 });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, (_, i) => store.commit([give("a", entry("api", `${i}`))])),
    );
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.status === "fulfilled" ? "made" : outcome.reason.code)),
      ["made", "made", "made", "store-overloaded", "store-overloaded"],
    );
    assert.equal(sizeOf(store.state()), 3);
  });

  test(`${kind.name}: any commits leave what they would elsewhere, opened again too`, async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(someChange, { maxLength: 4 }), { maxLength: 8 }), async (commits) => {
        const place = await kind.place(t);
        let store = await place.open({ derive: countsOf });
        const content: Content = new Map();
        store.watch(0, (event) => follow(content, event));
        // Some together, some alone.
        const made = commits.map((changes) => store.commit(changes));
        await Promise.allSettled(made);
        const state = store.state();
        assert.deepEqual(sorted(content), sorted(contentOf(state)));
        if (kind.isDurable) {
          await store.close();
          store = await place.open({ derive: countsOf });
          assert.deepEqual(shown(store.state()), shown(state));
        }
        await store.close();
      }),
      { numRuns: 15 },
    );
  });

  if (kind.isShared) sharesItsPlace(kind);
}

function sharesItsPlace(kind: StoreKind): void {
  test(`${kind.name}: two stores of one place commit at the same time, and both come to the same`, async (t) => {
    const place = await kind.place(t);
    const stores = [await place.open({ derive: countsOf }), await place.open({ derive: countsOf })];
    t.after(() => Promise.all(stores.map((store) => store.close())));
    const heard = stores.map((store) => {
      const revisions: number[] = [];
      store.watch(store.state().revision, (event) => {
        if (event.kind === "commit") revisions.push(event.commit.revision);
      });
      return revisions;
    });
    await Promise.all(stores.flatMap((store) => Array.from({ length: 40 }, () => store.commit(increment))));
    const [a, b] = stores as [Store, Store];
    await until("both have heard of all", () => a.state().revision === b.state().revision);
    assert.equal(a.state().documents.get("count")?.value, 80);
    assert.deepEqual(shown(a.state()), shown(b.state()));
    assert.deepEqual(heard[0], heard[1]);
    assert.equal(heard[0]!.length, 80);
  });
}

/** Gives a group resources of an owner. */
export function give(group: string, ...upsert: readonly Entry[]): Change {
  return { kind: "update", group, owner: upsert[0]?.owner ?? "api", upsert, remove: [] };
}

/** Puts a document, or takes it (`undefined`). */
export function document(key: string, value: number | undefined, ifRevision?: number): Change {
  return { kind: "document", key, value, ...(ifRevision !== undefined && { ifRevision }) };
}

function increment(state: StoreState): readonly Change[] {
  return [document("count", ((state.documents.get("count")?.value as number) ?? 0) + 1)];
}

/** Makes of all documents one resource that tells their number and sum. */
const countsOf: Derive = (_, after) => {
  const values = [...after.documents.values()].map(({ value }) => value as number);
  const group = "derived";
  if (values.length === 0) return [{ kind: "withdraw", group, owner: DERIVED_OWNER }];
  const sum = values.reduce((all, value) => all + value, 0);
  return [give(group, entry(DERIVED_OWNER, "sum", `${values.length} ${sum}`))];
};

const names = ["p", "q", "r"];
const someChange: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({
        group: fc.constantFrom("g", "h"),
        owner: fc.constantFrom("file", "api"),
        give: fc.array(fc.tuple(fc.constantFrom(...names, "shared"), fc.constantFrom("1", "2")), { maxLength: 3 }),
        take: fc.array(fc.constantFrom(...names), { maxLength: 2 }),
        label: fc.option(fc.constantFrom("v1", "v2"), { nil: undefined }),
      })
      .map(({ group, owner, give: given, take, label }): Change => {
        const nameOf = (name: string) => (name === "shared" ? name : `${owner}-${name}`);
        return {
          kind: "update",
          group,
          owner,
          upsert: given.map(([name, content]) => entry(owner, nameOf(name), content)),
          remove: take.map((name) => ({ typeUrl: TYPE_URLS.cluster, name: nameOf(name) })),
          ...(label !== undefined && { labels: new Map([[TYPE_URLS.cluster, label]]) }),
        };
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
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom("a", "b"), fc.option(fc.nat(3), { nil: undefined }), fc.constantFrom(undefined, 0, 1))
      .map(([key, value, ifRevision]) => document(key, value, ifRevision)),
  },
);

function sizeOf(state: StoreState): number {
  return [...state.groups.values()].reduce(
    (sum, { types }) => [...types.values()].reduce((all, entries) => all + entries.size, sum),
    0,
  );
}

function namesOf(state: StoreState): string[] {
  return [
    ...sorted(contentOf(state)).flatMap(([group, all]) => all.map(([name]) => `${group}/${name}`)),
    ...state.documents.keys(),
  ];
}

/** All that is durable of a state, to be compared. */
export function shown(state: StoreState | undefined): unknown {
  const groups = [...(state?.groups.values() ?? [])].map(({ group, revision, types, owners, labels, usedLabels }) => ({
    group,
    revision,
    resources: [...types.values()]
      .flatMap((all) => [...all.values()])
      .map(({ resource, owner }) => [resource.typeUrl, resource.name, resource.version, owner].join())
      .sort(),
    owners: [...owners].map(([owner, keys]) => [owner, [...keys.keys()].sort()]).sort(),
    labels: [...labels].sort(),
    usedLabels: [...usedLabels].map(([key, { owner, digest }]) => [key, owner, digest].join()).sort(),
  }));
  const documents = [...(state?.documents.values() ?? [])].map(({ key, value, revision }) => ({
    key,
    value,
    revision,
  }));
  return { revision: groups.length + documents.length === 0 ? 0 : state?.revision, groups, documents };
}
