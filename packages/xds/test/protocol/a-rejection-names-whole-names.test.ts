import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { mentionedIn } from "../../src/protocol/mentioned.ts";

const text = (maxLength: number) =>
  fc.array(fc.constantFrom("a", "b", ".", "-", "|", " ", "ü"), { maxLength }).map((letters) => letters.join(""));

test("a name is in a rejection's text where what is around it could not be part of a name", () => {
  fc.assert(
    fc.property(text(20), fc.uniqueArray(text(4), { maxLength: 8 }), (said, names) => {
      const stands = (name: string, at: number) =>
        said.startsWith(name, at) &&
        ![said[at - 1], said[at + name.length]].some((letter) => /[ab.-]/.test(letter ?? ""));
      const expected = names.filter((name) =>
        Array.from({ length: said.length }, (_, at) => at).some((at) => stands(name, at)),
      );
      assert.deepEqual(
        mentionedIn(
          said,
          names.filter((name) => name !== ""),
        ),
        expected.filter((name) => name !== ""),
      );
    }),
    { numRuns: 2_000 },
  );
});
