import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { loadSchema, ruleKinds } from "@fairlead/envoy-api";
import { DIFFERENCE_KINDS, LOOSENED } from "../scripts/compare/differences.ts";

const doc = readFileSync(new URL("../../../docs/validation.md", import.meta.url), "utf8");
const rowsOf = (section: string) => {
  const [, text = ""] = doc.split(`## ${section}\n`);
  return [...(text.split("\n## ")[0] ?? "").matchAll(/^\| `([^`]+)` \|/gm)].map((row) => row[1]);
};

test("docs/validation.md lists every kind of rule that Envoy's API states, and no other", () => {
  assert.deepEqual(rowsOf("Rules").sort(), [...ruleKinds(loadSchema()).keys()].sort());
});

test("docs/validation.md lists every known kind of difference from Envoy, and no other", () => {
  assert.deepEqual(rowsOf("Differences").sort(), DIFFERENCE_KINDS.map((it) => it.id).sort());
});

test("docs/validation.md lists every rule that a newer Envoy has loosened, and no other", () => {
  assert.deepEqual(rowsOf("Loosened rules").sort(), [...LOOSENED].sort());
});
