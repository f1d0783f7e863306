// An Envoy says 80 KB with each poll, and nearly always the same.
import assert from "node:assert/strict";
import { test } from "node:test";
import { PollReader } from "../../src/server/rest/poll-reader.ts";

const bodyOf = (id: string, more: object = {}) => Buffer.from(JSON.stringify({ node: { id, ...more } }));

test("a poll heard before is not read again; of another type, or with another word in it, it is", () => {
  const reader = new PollReader();
  const first = reader.read(bodyOf("a"), "t");
  assert.equal(reader.read(bodyOf("a"), "t"), first);
  assert.notEqual(reader.read(bodyOf("a"), "u"), first);
  assert.notDeepEqual(reader.read(bodyOf("b"), "t"), first);
});

test("a request that is wrong is told so each time", () => {
  const reader = new PollReader();
  for (let time = 0; time < 2; time++) assert.ok("fault" in reader.read(Buffer.from("{"), "t"));
});

test("what is remembered is bounded, the longest unheard goes first", () => {
  const reader = new PollReader();
  const large = (id: number) => bodyOf(`${id}`, { metadata: { text: "x".repeat(4_000_000) } });
  const [first, second] = [reader.read(large(1), "t"), reader.read(large(2), "t")];
  for (let id = 3; id <= 8; id++) reader.read(large(id), "t");
  assert.equal(reader.read(large(1), "t"), first, "eight of 4 MB are remembered");
  reader.read(large(9), "t");
  assert.equal(reader.read(large(1), "t"), first, "heard lately");
  assert.notEqual(reader.read(large(2), "t"), second, "forgotten for another");
});
