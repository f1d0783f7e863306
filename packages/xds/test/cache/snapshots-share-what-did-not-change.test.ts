import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import fc from "fast-check";
import { createResource } from "../../src/cache/create-resource.ts";
import type { Snapshot } from "../../src/cache/snapshot.ts";
import { SnapshotCache } from "../../src/cache/snapshot-cache.ts";
import type { SnapshotEvent } from "../../src/server/source.ts";

const TYPES = [TYPE_URLS.cluster, TYPE_URLS.endpoints, TYPE_URLS.listener];
const typeUrl = fc.constantFrom(...TYPES);
const name = fc.constantFrom("a", "b", "c", "d");
const group = fc.constantFrom("g", "h");
const change = fc.oneof(
  fc.record({ op: fc.constant("put" as const), typeUrl, name, content: fc.nat({ max: 2 }) }),
  fc.record({ op: fc.constant("remove" as const), typeUrl, name }),
  fc.record({
    op: fc.constant("label" as const),
    typeUrl,
    label: fc.option(fc.constantFrom("v1", "v2"), { nil: undefined }),
  }),
);
type Change = typeof change extends fc.Arbitrary<infer C> ? C : never;
const commit = fc.dictionary(group, fc.oneof(fc.constant("delete" as const), fc.array(change, { maxLength: 4 })), {
  minKeys: 1,
});
type Content = { readonly versions: Map<string, string>; label: string | undefined };
type Model = Map<string, Map<string, Content>>;

function make(type: string, of: string, content: number) {
  return createResource({ typeUrl: type, name: of, value: Buffer.from(`${of}=${content}`) });
}

/** What the cache is told: of a name both removed and put, the last wins here, so each is listed once. */
function changesOf(changes: readonly Change[]) {
  const last = new Map<string, Change>();
  for (const one of changes)
    last.set(`${one.op === "label"} ${one.typeUrl} ${one.op === "label" ? "" : one.name}`, one);
  const all = [...last.values()];
  return {
    upsert: all.flatMap((one) => (one.op === "put" ? make(one.typeUrl, one.name, one.content) : [])),
    remove: all.flatMap((one) => (one.op === "remove" ? { typeUrl: one.typeUrl, name: one.name } : [])),
    labels: new Map(all.flatMap((one) => (one.op === "label" ? [[one.typeUrl, one.label] as const] : []))),
  };
}

/** The same by hand. Whether anything changed. */
function applyTo(model: Model, of: string, changes: ReturnType<typeof changesOf> | "delete"): boolean {
  if (changes === "delete") return model.delete(of);
  const isNew = !model.has(of);
  const types = model.get(of) ?? new Map<string, Content>();
  model.set(of, types);
  let isChanged = isNew;
  for (const type of TYPES) {
    const content = types.get(type) ?? { versions: new Map<string, string>(), label: undefined };
    const before = JSON.stringify([...content.versions].sort());
    for (const removed of changes.remove) if (removed.typeUrl === type) content.versions.delete(removed.name);
    for (const put of changes.upsert) if (put.typeUrl === type) content.versions.set(put.name, put.version);
    const differs = JSON.stringify([...content.versions].sort()) !== before;
    const label = changes.labels.has(type) ? changes.labels.get(type) : differs ? undefined : content.label;
    isChanged ||= differs || label !== content.label;
    content.label = label;
    types.set(type, content);
  }
  return isChanged;
}

function contentOf(snapshot: Snapshot | undefined): unknown {
  return TYPES.map((type) => {
    const there = snapshot?.types.get(type);
    const versions = [...(there?.resources.entries() ?? [])].map(([known, { version }]) => [known, version]).sort();
    return [versions, there?.label];
  });
}

test("a cache holds what was committed, tells of what changed only, and keeps the rest as it is", () => {
  fc.assert(
    fc.property(fc.array(commit, { maxLength: 30, size: "max" }), (commits) => {
      const cache = new SnapshotCache();
      const model: Model = new Map();
      const events: SnapshotEvent[] = [];
      cache.subscribe((event) => events.push(event));
      for (const [index, groups] of commits.entries()) {
        const before = new Map([...cache.groups()].map((of) => [of, cache.snapshotOf(of)!]));
        const revision = cache.revision;
        const told = new Map(
          Object.entries(groups).map(([of, changes]) => [of, changes === "delete" ? changes : changesOf(changes)]),
        );
        const changed = new Set([...told].flatMap(([of, changes]) => (applyTo(model, of, changes) ? of : [])));
        events.length = 0;
        const snapshots = cache.commit({ revision: 10 * (index + 1), groups: told });

        assert.equal(cache.revision, changed.size > 0 ? 10 * (index + 1) : revision);
        assert.deepEqual(
          snapshots.map((snapshot) => snapshot.group).sort(),
          [...changed].filter((of) => model.has(of)).sort(),
        );
        const toldOf = events.flatMap((event) => {
          if (event.kind === "snapshots") return event.snapshots.map((snapshot) => snapshot.group);
          return event.kind === "deleted" ? event.group : [];
        });
        assert.deepEqual(toldOf.sort(), [...changed].sort());
        for (const each of ["g", "h"]) {
          const now = cache.snapshotOf(each);
          assert.equal(now !== undefined, model.has(each));
          if (!now) continue;
          assert.deepEqual(
            contentOf(now),
            TYPES.map((type) => {
              const { versions, label } = model.get(each)!.get(type)!;
              return [[...versions].sort(), label];
            }),
          );
          const known = before.get(each);
          if (!changed.has(each)) assert.equal(now, known);
          for (const [type, there] of known?.types ?? []) {
            if (JSON.stringify(contentOf(known)) === JSON.stringify(contentOf(now)) || !changed.has(each)) {
              assert.equal(now.types.get(type), there);
            }
          }
        }
      }
    }),
    { numRuns: 200 },
  );
});

test("a type that a commit does not touch keeps its object, a changed one its unchanged resources", () => {
  const cache = new SnapshotCache();
  const put = (...upsert: ReturnType<typeof make>[]) =>
    cache.commit({ groups: new Map([["g", { upsert, remove: [] }]]) });
  put(make(TYPE_URLS.cluster, "a", 1), make(TYPE_URLS.endpoints, "a", 1), make(TYPE_URLS.endpoints, "b", 1));
  const before = cache.snapshotOf("g")!;
  put(make(TYPE_URLS.endpoints, "a", 2));
  const after = cache.snapshotOf("g")!;
  assert.equal(after.types.get(TYPE_URLS.cluster), before.types.get(TYPE_URLS.cluster));
  const of = (snapshot: Snapshot) => snapshot.types.get(TYPE_URLS.endpoints)!.resources;
  assert.equal(of(after).get("b"), of(before).get("b"));
  assert.notEqual(of(after).get("a"), of(before).get("a"));
  assert.equal(of(before).get("a")!.version, make(TYPE_URLS.endpoints, "a", 1).version);
});

test("a revision that is not greater than the last is refused, and nothing of it is applied", () => {
  const cache = new SnapshotCache();
  const groups = (content: number) => new Map([["g", { upsert: [make(TYPE_URLS.cluster, "a", content)], remove: [] }]]);
  cache.commit({ revision: 5, groups: groups(1) });
  const before = cache.snapshotOf("g");
  assert.throws(() => cache.commit({ revision: 5, groups: groups(2) }), RangeError);
  assert.throws(() => cache.commit({ revision: 4, groups: groups(2) }), RangeError);
  assert.throws(() => cache.commit({ revision: Number.NaN, groups: groups(2) }), RangeError);
  assert.equal(cache.snapshotOf("g"), before);
  assert.equal(cache.revision, 5);
});
