import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import fc from "fast-check";
import { createResource } from "../../src/cache/create-resource.ts";
import { SnapshotCache } from "../../src/cache/snapshot-cache.ts";
import { changeInterest, type Interest, includes, NO_INTEREST } from "../../src/protocol/interest.ts";
import { nameSet } from "../../src/protocol/name-set.ts";
import { InterestIndex } from "../../src/server/interest-index.ts";

const TYPES = [TYPE_URLS.cluster, TYPE_URLS.endpoints];
const typeUrl = fc.constantFrom(...TYPES);
const names = fc.subarray(["a", "b", "c", "d", "e", "xdstp://f/T/x", "xdstp://f/T/y", "xdstp://f/T/dir/x"]);
const asked = fc.subarray(["a", "b", "c", "xdstp://f/T/x", "xdstp://f/T/*", "xdstp://f/T/dir/*"]);
const interest = fc.oneof(
  fc.constant(undefined),
  asked.map((some): Interest => ({ kind: "named", names: nameSet(some) })),
  asked.map((some): Interest => ({ kind: "wildcard", names: nameSet(some) })),
);
const event = fc.oneof(
  fc.record({ kind: fc.constant("move" as const), subscriber: fc.nat({ max: 4 }), typeUrl, interest }),
  fc.record({
    kind: fc.constant("commit" as const),
    typeUrl,
    upsert: names,
    remove: names,
    content: fc.nat({ max: 2 }),
  }),
);

test("the index finds whom a change concerns, as looking at everybody does (O4)", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40, size: "max" }), (events) => {
      const index = new InterestIndex<number>();
      const interests = new Map<string, { subscriber: number; typeUrl: string; interest: Interest }>();
      const cache = new SnapshotCache();
      for (const one of events) {
        if (one.kind === "move") {
          const key = `${one.subscriber} ${one.typeUrl}`;
          index.move(one.subscriber, one.typeUrl, interests.get(key)?.interest, one.interest);
          interests.delete(key);
          if (one.interest) interests.set(key, { ...one, interest: one.interest });
          const types = new Set([...interests.values()].map((known) => known.typeUrl));
          assert.equal(index.typeCount, types.size, "types that nobody asks for are forgotten");
          continue;
        }
        const before = cache.snapshotOf("g");
        const upsert = one.upsert.map((name) =>
          createResource({ typeUrl: one.typeUrl, name, value: Buffer.from(`${name} ${one.content}`) }),
        );
        const remove = one.remove.flatMap((name) => (one.upsert.includes(name) ? [] : { typeUrl: one.typeUrl, name }));
        const [after] = cache.commit({ groups: new Map([["g", { upsert, remove }]]) });
        if (!after) continue;
        const changed = [...one.upsert, ...one.remove].filter((name) => {
          const [was, is] = [before, after].map((snapshot) => snapshot?.types.get(one.typeUrl)?.resources.get(name));
          return was !== is;
        });
        const expected = [...interests.values()].filter(
          (known) => known.typeUrl === one.typeUrl && changed.some((name) => includes(known.interest, name)),
        );
        const found = new Set<number>();
        index.forEachInterested(before, after, (subscriber) => found.add(subscriber));
        assert.deepEqual([...found].sort(), [...new Set(expected.map(({ subscriber }) => subscriber))].sort());
      }
    }),
    { numRuns: 300 },
  );
});

test("equal sets of names are one object, however they came about", () => {
  const some = fc.array(fc.constantFrom("a", "b", "c", "*"), { maxLength: 6 });
  fc.assert(
    fc.property(fc.array(fc.tuple(some, some), { maxLength: 6 }), (steps) => {
      let now: Interest = NO_INTEREST;
      const model = new Set<string>();
      for (const [subscribe, unsubscribe] of steps) {
        now = changeInterest(now, subscribe, unsubscribe);
        for (const name of subscribe) model.add(name);
        for (const name of unsubscribe) model.delete(name);
        assert.equal(now.kind, model.has("*") ? "wildcard" : "named");
        assert.equal(now.names, nameSet([...model].filter((name) => name !== "*")));
      }
    }),
    { numRuns: 500 },
  );
});
