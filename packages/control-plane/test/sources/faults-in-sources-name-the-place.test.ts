import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseConfig } from "../../src/config/config.ts";
import type { FairleadError } from "../../src/errors.ts";

function faultsIn(text: string): string[] {
  try {
    parseConfig(text, { file: "fairlead.yaml" });
    return [];
  } catch (error) {
    return (error as FairleadError).faults.map(({ line, pointer, message }) => `${line} ${pointer} ${message}`);
  }
}

test("what is wrong with a source is told with its place and its mend", () => {
  const xds = "xds: {addresses: ['a:1']}";
  for (const [text, expected] of [
    ["sources: [{name: a}]", /^1 \/sources\/0 a source has one of xds, dns, etcd, and this one says no kind$/],
    [`sources: [{name: a, ${xds}, dns: {clusters: [{query: a, port: 1}]}}]`, /this one says xds and dns$/],
    [`sources: [{name: api, ${xds}}]`, /\/sources\/0\/name "api" is the name of something else .*: take another$/],
    [`sources: [{name: a b, ${xds}}]`, /\/sources\/0\/name .*"a b" cannot name a source: use letters/],
    [`sources:\n- {name: a, ${xds}}\n- {name: a, ${xds}}`, /^3 \/sources\/1\/name sources\[0\] is named "a" as well/],
    [`sources: [{name: a, group: a/b, ${xds}}]`, /\/sources\/0\/group "a\/b" cannot name a group$/],
    ["sources: [{name: a, xds: {addresses: []}}]", /sources\[0\]\.xds\.addresses must not be empty$/],
    ["sources: [{name: a, xds: {addresses: [':1']}}]", /\/addresses\/0 ":1" is not HOST:PORT/],
    ["sources: [{name: a, xds: {addresses: ['a:1'], types: [{type: foo}]}}]", /"foo" is no type: write cds/],
    ["sources: [{name: a, xds: {addresses: ['a:1'], mod: sotw}}]", /unknown field mod; did you mean mode\?$/],
    [
      "sources: [{name: a, dns: {clusters: [{query: a.test}]}}]",
      /\/port a\.test gives addresses without a port: add port/,
    ],
    ["sources: [{name: a, dns: {clusters: [{query: 'a b'}]}}]", /"a b" is no DNS name/],
    ["sources: [{name: a, dns: {servers: [ns.test], clusters: [{query: _a._b}]}}]", /"ns\.test" is no DNS server/],
    ["sources: [{name: a, etcd: {endpoints: ['e:1']}}]", /etcd\.prefix is missing: add it/],
  ] as const) {
    assert.match(faultsIn(text)[0] ?? "no fault", expected);
  }
});

test("each example of docs/sources.md is a configuration", () => {
  const page = readFileSync(new URL("../../../../docs/sources.md", import.meta.url), "utf8");
  const examples = [...page.matchAll(/```yaml\n(sources:[\s\S]*?)```/g)].map(([, text]) => text!);
  assert.equal(examples.length, 3);
  for (const example of examples) assert.deepEqual(faultsIn(example), []);
});
