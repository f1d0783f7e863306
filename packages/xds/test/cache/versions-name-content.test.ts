import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { type ResourceFacts, TYPE_URLS } from "@fairlead/envoy-api";
import fc from "fast-check";
import { createResource, type ResourceInput } from "../../src/cache/create-resource.ts";

const input = fc.record({
  value: fc.uint8Array({ maxLength: 6 }),
  aliases: fc.array(fc.constantFrom("x", "y", "xy", ""), { maxLength: 2 }),
  ttlMs: fc.option(fc.constantFrom(1, 12, 1_000), { nil: undefined }),
});
const resourceOf = (content: Partial<ResourceInput>) =>
  createResource({ typeUrl: TYPE_URLS.cluster, name: "n", value: new Uint8Array(), ...content });
const textOf = (content: Partial<ResourceInput>) =>
  JSON.stringify([[...content.value!], content.aliases, content.ttlMs ?? null]);

test("equal content has one version and one object, other content another", () => {
  fc.assert(
    fc.property(input, input, (a, b) => {
      const [one, other] = [resourceOf(a), resourceOf(b)];
      assert.equal(resourceOf({ ...a, value: Uint8Array.from(a.value) }), one);
      assert.equal(one.version === other.version, textOf(a) === textOf(b));
      assert.match(one.version, /^[\w-]{16}$/);
    }),
    { numRuns: 1_000 },
  );
});

test("a version does not depend on the type or name, an object does", () => {
  const value = Buffer.from("content");
  const one = createResource({ typeUrl: TYPE_URLS.cluster, name: "n", value });
  const other = createResource({ typeUrl: TYPE_URLS.listener, name: "n", value });
  const third = createResource({ typeUrl: TYPE_URLS.cluster, name: "m", value });
  assert.deepEqual([other.version, third.version], [one.version, one.version]);
  assert.equal(new Set([one, other, third]).size, 3);
});

test("another process gives the same versions", () => {
  const module = new URL("../../src/cache/create-resource.ts", import.meta.url).href;
  const program = `
    const { createResource } = await import(${JSON.stringify(module)});
    const of = (more) => createResource({ typeUrl: "t", name: "n", value: Buffer.from("content"), ...more }).version;
    console.log([of({}), of({ aliases: ["a"] }), of({ ttlMs: 5 })].join());`;
  const theirs = execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" }).trim();
  const value = Buffer.from("content");
  const ours = [{ value }, { value, aliases: ["a"] }, { value, ttlMs: 5 }].map((more) => resourceOf(more).version);
  assert.equal(theirs, ours.join());
});

test("equal content is one object, but not under other facts", () => {
  const value = Buffer.from("content that is used only here");
  const references = [{ typeUrl: "type.googleapis.com/b", name: "b", pointer: "/b" }];
  const create = (facts?: ResourceFacts) =>
    createResource({ typeUrl: "type.googleapis.com/a", name: "a", value, facts });
  const [without, again] = [create(), create()];
  assert.equal(again, without);
  const facts = { references, warmsSilently: false, isOpaque: false };
  const withFacts = create(facts);
  assert.deepEqual(withFacts.facts, facts, "what was left out once is not left out for ever");
  assert.equal(withFacts.version, without.version);
  assert.equal(create(structuredClone(facts)), withFacts);
});
