import assert from "node:assert/strict";
import { test } from "node:test";
import { fillTemplate, mentions, templateFault } from "../../src/plan/template.ts";

test("placeholders become values, padded where that is said, and other braces stay", () => {
  const filled = fillTemplate('{"id":"a-{n:05}","n":{n},"x":{},"y":{ "z": 1 }}', { n: 17 });
  assert.equal(filled, '{"id":"a-00017","n":17,"x":{},"y":{ "z": 1 }}');
});

test("a word in braces that stands for nothing is told, JSON is not", () => {
  assert.equal(templateFault('{"a":{n},"b":{}}', ["n"]), undefined);
  assert.match(templateFault("{m}", ["n"])!, /^\{m\} stands for nothing here; there is \{n\}/);
  assert.match(templateFault("{n:x}", ["n"])!, /^\{n:x\} stands for nothing here/);
});

test("whether a template says something else for each value is known", () => {
  assert.ok(mentions("a-{i:03}", "i"));
  assert.ok(!mentions("a-{n}", "i"));
});
