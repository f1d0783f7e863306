import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SmallMap } from "../src/small-map.ts";

/** What may be done to a map, with few keys so that they meet. */
const step = fc.oneof(
  fc.record({ does: fc.constant("set" as const), key: fc.nat(3), value: fc.nat(9) }),
  fc.record({ does: fc.constant("delete" as const), key: fc.nat(3) }),
  fc.record({ does: fc.constant("clear" as const), key: fc.constant(0) }),
);

test("a small map answers as a map does, whatever was done to it", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const map = new SmallMap<number, number>();
      const model = new Map<number, number>();
      for (const { does, key, ...rest } of steps) {
        if (does === "delete") assert.equal(map.delete(key), model.delete(key));
        for (const each of does === "delete" ? [] : [map, model]) {
          if (does === "clear") each.clear();
          else each.set(key, (rest as { value: number }).value);
        }
        assert.equal(map.size, model.size);
        assert.deepEqual([...map], [...model]);
        assert.deepEqual([...map.keys()], [...model.keys()]);
        assert.deepEqual([...map.values()], [...model.values()]);
        for (let each = 0; each < 5; each++) {
          assert.equal(map.get(each), model.get(each));
          assert.equal(map.has(each), model.has(each));
        }
      }
    }),
  );
});
