import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatAge, formatTable, printable } from "../../src/cli/table.ts";
import { aroundChanges, diffLines } from "../../src/history/diff-lines.ts";

const text = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 12 }).map((lines) => lines.join("\n"));

test("a difference gives back both texts, and what is shown holds every change", () => {
  fc.assert(
    fc.property(text, text, fc.nat(3), (before, after, context) => {
      const diff = diffLines(before, after);
      const of = (...kinds: string[]) => diff.filter(({ kind }) => kinds.includes(kind)).map((line) => line.text);
      assert.equal(of("same", "removed").join("\n"), before);
      assert.equal(of("same", "added").join("\n"), after);
      const changes = diff.filter(({ kind }) => kind !== "same");
      assert.equal(changes.length === 0, before === after);
      const shown = aroundChanges(diff, context);
      assert.deepEqual(
        shown.filter((line) => line !== undefined && line.kind !== "same"),
        changes,
      );
    }),
  );
});

test("a small change in a large text stays small", () => {
  const lines = Array.from({ length: 50_000 }, (_, index) => `line ${index}`);
  const changed = lines.with(25_000, "another");
  const shown = aroundChanges(diffLines(lines.join("\n"), changed.join("\n")));
  assert.equal(shown.length, 1 + 3 + 2 + 3 + 1);
});

test("tables line up, leave out empty columns, and print nothing that steers a terminal", () => {
  assert.equal(
    formatTable(
      ["A", "B", "C"],
      [
        ["1", "", "x"],
        ["22", "", ""],
      ],
    ),
    "A   C\n1   x\n22",
  );
  assert.equal(printable("a\u001b[31m\n\u009b"), "a [31m  ");
  assert.deepEqual([0, 59_000, 61_000, 7_200_000, 200_000_000].map(formatAge), ["0s", "59s", "1m", "2h", "2d"]);
});
