import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalName, globOf, isGlob } from "@fairlead/envoy-api";

const SAME: readonly (readonly [string, ...string[]])[] = [
  ["xdstp://a/T/x?a=1&b=2", "xdstp://a/T/x?b=2&a=1", "xdstp://a/T/x?b=2&&a=1&", "xdstp://a/T/x?a=1&b=2#alt=other"],
  ["xdstp://a/T/dir/x", "xdstp://a/T/dir/%78", "xdstp://a/T/dir%2Fx", "xdstp://a/T/dir/x?"],
  ["xdstp:///T/x", "xdstp:///T/x?"],
  // As Envoy spells what it asks for.
  ["xdstp://a/T/1.2.3.4%3A80", "xdstp://a/T/1.2.3.4:80", "xdstp://a/T/1.2.3.4%3a80"],
  ["xdstp://a/T/x?k=a:b", "xdstp://a/T/x?k=a%3Ab"],
  ["xdstp://a/T/%C3%A9?k=%C3%A9", "xdstp://a/T/é?k=é"],
  ["xdstp://a/T/x?a=&b=", "xdstp://a/T/x?b&a"],
  ["xdstp://a/T/x?a=1", "xdstp://a/T/x?a=1&a=2"],
];

test("names of the same parts have one canonical spelling, which stays as it is (O4)", () => {
  const canonical = SAME.map(([first, ...others]) => {
    for (const other of others) assert.equal(canonicalName(other), first);
    return canonicalName(first);
  });
  assert.deepEqual(
    canonical,
    SAME.map(([first]) => first),
  );
  assert.equal(new Set(canonical).size, SAME.length);
});

test("what is no xdstp name means itself alone", () => {
  const names = [
    "x",
    "",
    "*",
    "r/*",
    "http://a/T/x?b&a",
    "xdstp:",
    "xdstp://a",
    "xdstp://a/T",
    "xdstp://a/T/",
    "XDSTP://a/T/x",
  ];
  for (const name of names) {
    assert.equal(canonicalName(name), name);
    assert.equal(globOf(name), undefined);
    assert.equal(isGlob(name), false);
  }
});

test("a name belongs to the collection of its directory and its context (O4)", () => {
  assert.equal(globOf("xdstp://a/T/dir/x?b=1&a=2"), "xdstp://a/T/dir/*?a=2&b=1");
  assert.equal(globOf("xdstp://a/T/x"), "xdstp://a/T/*");
  assert.equal(globOf("xdstp://a/T/dir/deep/x"), "xdstp://a/T/dir/deep/*");
  assert.equal(isGlob("xdstp://a/T/dir/*?b=1&a=2"), true);
  assert.equal(isGlob("xdstp://a/T/dir/%2A"), true);
  assert.equal(isGlob("xdstp://a/T/dir/x*"), false);
  assert.equal(globOf("xdstp://a/T/dir/*"), "xdstp://a/T/dir/*");
});

test("a percent sign that begins no escape is one, and any text is a name", () => {
  assert.equal(canonicalName("xdstp://a/T/100%"), "xdstp://a/T/100%25");
  assert.equal(canonicalName("xdstp://a/T/%zz?%=%"), "xdstp://a/T/%25zz?%25=%25");
  assert.equal(canonicalName("xdstp://a/T/%FF"), "xdstp://a/T/%FF");
});
