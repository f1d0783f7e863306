import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { diffMaps, digestMap, emptyMap, mapOf, type PersistentMap } from "../../src/cache/persistent-map.ts";

/** Pairs with equal 32-bit hashes (`k4uzx` and `kf2ad`, …), and ordinary keys. */
const COLLIDING = ["k4uzx", "kf2ad", "k4uzy", "kf2ae", "k4uzz", "kf2af"];
const key = fc.oneof(
  fc.constantFrom(...COLLIDING),
  fc.integer({ min: 0, max: 40 }).map((n) => `name-${n}`),
  fc.string({ maxLength: 3 }),
);
const step = fc.oneof(
  fc.record({ op: fc.constant("set" as const), key, value: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ op: fc.constant("delete" as const), key }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
const steps = fc.array(step, { maxLength: 120, size: "max" });

function apply(map: PersistentMap<number>, model: Map<string, number>, all: readonly Step[]): PersistentMap<number> {
  for (const one of all) {
    if (one.op === "set") {
      map = map.set(one.key, one.value);
      model.set(one.key, one.value);
    } else {
      map = map.delete(one.key);
      model.delete(one.key);
    }
  }
  return map;
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1);

test("a persistent map does what a Map does, and its versions stay as they were", () => {
  fc.assert(
    fc.property(steps, steps, (before, after) => {
      const model = new Map<string, number>();
      const first = apply(emptyMap(), model, before);
      const firstEntries = [...model].sort(byKey);
      const second = apply(first, model, after);
      const secondEntries = [...model].sort(byKey);
      for (const [map, entries] of [
        [first, firstEntries],
        [second, secondEntries],
      ] as const) {
        assert.deepEqual([...map.entries()].sort(byKey), entries);
        assert.equal(map.size, entries.length);
        for (const [name, value] of entries) assert.equal(map.get(name), value);
        for (const name of COLLIDING)
          assert.equal(
            map.has(name),
            entries.some(([known]) => known === name),
          );
        assert.deepEqual(
          [...map.keys()],
          [...map.entries()].map(([name]) => name),
        );
        assert.deepEqual(
          [...map.values()],
          [...map.entries()].map(([, value]) => value),
        );
      }
    }),
    { numRuns: 300 },
  );
});

test("the order of entries depends on the keys alone, not on how the map came about", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const model = new Map<string, number>();
      const map = apply(emptyMap(), model, all);
      assert.deepEqual([...map.entries()], [...mapOf([...model].sort(byKey)).entries()]);
      assert.deepEqual([...map.entries()], [...mapOf([...model].sort(byKey).reverse()).entries()]);
    }),
    { numRuns: 300 },
  );
});

test("what changes nothing gives the same map", () => {
  fc.assert(
    fc.property(steps, key, (all, name) => {
      const map = apply(emptyMap(), new Map(), all);
      const value = map.get(name);
      if (value === undefined) assert.equal(map.delete(name), map);
      else assert.equal(map.set(name, value), map);
    }),
  );
});

test("a difference of maps tells every key whose value is another, once, and no other", () => {
  fc.assert(
    fc.property(steps, steps, fc.boolean(), (before, after, areRelated) => {
      const model = new Map<string, number>();
      const from = apply(emptyMap(), model, before);
      const fromModel = new Map(model);
      if (!areRelated) model.clear();
      const to = apply(areRelated ? from : emptyMap(), model, after);
      const expected = [...new Set([...fromModel.keys(), ...model.keys()])]
        .filter((name) => fromModel.get(name) !== model.get(name))
        .map((name) => [name, fromModel.get(name), model.get(name)]);
      const found: unknown[][] = [];
      diffMaps(from, to, (...difference) => found.push(difference));
      const byName = (a: unknown[], b: unknown[]) => (String(a[0]) < String(b[0]) ? -1 : 1);
      assert.deepEqual(found.sort(byName), expected.sort(byName));
    }),
    { numRuns: 300 },
  );
});

test("a difference looks only at what changed, however much is there", (t) => {
  const from = mapOf(Array.from({ length: 20_000 }, (_, n) => [`name-${n}`, n] as const));
  const to = from.set("name-7", -1).set("new", 0).delete("name-19999");
  const looks = t.mock.method(Object, "is");
  const found: string[] = [];
  diffMaps(from, to, (name) => found.push(name));
  assert.deepEqual(found.sort(), ["name-19999", "name-7", "new"]);
  const count = looks.mock.callCount();
  assert.ok(count >= 3 && count < 50, `${count} values of 20,000 were compared`);
});

test("a digest depends on the entries alone, whatever of the map was digested before", () => {
  const digestOf = (map: PersistentMap<number>) => digestMap(map, String);
  fc.assert(
    fc.property(steps, steps, (before, after) => {
      const model = new Map<string, number>();
      const first = apply(emptyMap(), model, before);
      const [firstDigest, firstEntries] = [digestOf(first), [...model].sort(byKey)];
      const second = apply(first, model, after);
      const secondEntries = [...model].sort(byKey);
      assert.equal(digestOf(second), digestOf(mapOf(secondEntries)));
      assert.equal(digestOf(first), firstDigest);
      const isSame = JSON.stringify(firstEntries) === JSON.stringify(secondEntries);
      assert.equal(digestOf(second) === firstDigest, isSame);
    }),
    { numRuns: 300 },
  );
});

test("the digest of a map of which one entry changed looks at that entry and its neighbours", () => {
  const map = mapOf(Array.from({ length: 100_000 }, (_, n) => [`name-${n}`, n] as const));
  let looks = 0;
  const look = (value: number) => {
    looks += 1;
    return String(value);
  };
  digestMap(map, look);
  assert.equal(looks, 100_000);
  looks = 0;
  digestMap(map.set("name-5", -1), look);
  assert.ok(looks >= 1 && looks <= 32, `${looks} entries were looked at`);
});
