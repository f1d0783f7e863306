import assert from "node:assert/strict";
import { test } from "node:test";
import { TYPE_URLS } from "@fairlead/envoy-api";
import fc from "fast-check";
import { applyChanges, emptySnapshot } from "../../src/cache/apply-changes.ts";
import type { Interest } from "../../src/protocol/interest.ts";
import { nameSet } from "../../src/protocol/name-set.ts";
import { stateVersion } from "../../src/protocol/version.ts";
import { type Overlay, typeOf, type View, viewOf } from "../../src/protocol/view.ts";
import { resource } from "../server/started-server.ts";

const TYPE = TYPE_URLS.endpoints;
const NAMES = Array.from({ length: 200 }, (_, n) => `name-${n}`);
/** Half of the names: enough for their content to be kept from version to version. */
const NAMED: Interest = { kind: "named", names: nameSet(NAMES.slice(0, 100)) };
const WILDCARD: Interest = { kind: "wildcard", names: nameSet([]) };

const name = fc.constantFrom(...NAMES);
const commit = fc.record({
  upsert: fc.array(fc.tuple(name, fc.constantFrom("1", "2")), { maxLength: 10 }),
  remove: fc.array(name, { maxLength: 10 }),
  hidden: fc.array(name, { maxLength: 3 }),
  retained: fc.array(name, { maxLength: 3 }),
});

test("a version that was found by what changed is that of the same content found whole (C6)", () => {
  fc.assert(
    fc.property(fc.array(commit, { minLength: 1, maxLength: 8 }), (commits) => {
      const all = { upsert: NAMES.map((each) => resource(TYPE, each, "0")), remove: [] };
      let snapshot = applyChanges(emptySnapshot("g"), all, 1);
      let from = viewOf(typeOf(snapshot, TYPE), new Map());
      for (const [index, { upsert, remove, hidden, retained }] of commits.entries()) {
        const changes = {
          upsert: upsert.map(([each, content]) => resource(TYPE, each, content)),
          remove: remove.map((each) => ({ typeUrl: TYPE, name: each })),
        };
        snapshot = applyChanges(snapshot, changes, index + 2);
        const kept = retained.map((each) => [each, resource(TYPE, each, "kept")] as const);
        const overlay: Overlay = new Map([...hidden.map((each) => [each, undefined] as const), ...kept]);
        const to = viewOf(typeOf(snapshot, TYPE), overlay);
        for (const interest of [NAMED, WILDCARD]) {
          assert.equal(stateVersion(to, interest, from), stateVersion(madeWhole(to), interest));
        }
        from = to;
      }
    }),
    { numRuns: 100 },
  );
});

/** A view of the same content that shares nothing with others, and has no overlay. */
function madeWhole({ base, overlay }: View): View {
  const content = new Map(base.resources.entries());
  for (const [each, held] of overlay) {
    if (held) content.set(each, held);
    else content.delete(each);
  }
  const snapshot = applyChanges(emptySnapshot("other"), { upsert: [...content.values()], remove: [] }, 1);
  return viewOf(typeOf(snapshot, TYPE), new Map());
}
