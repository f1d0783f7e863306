import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { findJsonError, positionAt } from "../../src/admin/json-position.ts";

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const nearJson = fc
  .tuple(
    fc.json({ maxDepth: 3 }),
    fc.nat(),
    fc.constantFrom("", ",", "}", "]", '"', "\\", "1", "x", "\n", "\u0001", "-", "e"),
  )
  .map(([json, at, insert]) => {
    const cut = at % (json.length + 1);
    return json.slice(0, cut) + insert + json.slice(cut + (at % 2));
  });

test("a text has a place of error exactly if it is no JSON", () => {
  fc.assert(
    fc.property(nearJson, (text) => assert.equal(findJsonError(text) === undefined, isJson(text))),
    { numRuns: 2_000 },
  );
});

test("the place is the first character that cannot stand there", () => {
  const cases: [string, number, number][] = [
    ["", 1, 1],
    ["{", 1, 2],
    ['{"a": 1,}', 1, 9],
    ['{\n  "a": tru\n}', 2, 8],
    ["[1,\n 2\n 3]", 3, 2],
    ['{"a" 1}', 1, 6],
    ['["abc', 1, 6],
    ["[01]", 1, 3],
    ["1 2", 1, 3],
  ];
  for (const [text, line, column] of cases) {
    const offset = findJsonError(text);
    assert.ok(offset !== undefined, text);
    assert.deepEqual(positionAt(text, offset), { line, column }, text);
  }
});

test("deep nesting costs no stack", () => {
  assert.equal(findJsonError("[".repeat(1_000_000)), 1_000_000);
});
