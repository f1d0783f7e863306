import assert from "node:assert/strict";
import { test } from "node:test";
import { BenchError } from "../../src/errors.ts";
import { compareResults } from "../../src/results/compare.ts";
import { formatResult, readResult } from "../../src/results/read-result.ts";
import { resultJsonSchema } from "../../src/results/schema.ts";
import { collectRun } from "./support.ts";

const whole = collectRun({ missing: (sequence) => (sequence === 60 ? 3 : 0) });

function refuse(text: string): string {
  let message = "";
  assert.throws(
    () => readResult(text, "b.json"),
    (error) => {
      assert.ok(error instanceof BenchError && error.code === "result-unreadable");
      message = error.message;
      return true;
    },
  );
  return message;
}

test("what was written is what is read", () => {
  assert.deepEqual(readResult(formatResult(whole), "a.json"), JSON.parse(JSON.stringify(whole)));
  const bare = collectRun({ seconds: 0, withoutServer: true });
  assert.deepEqual(readResult(formatResult(bare), "a.json"), JSON.parse(JSON.stringify(bare)));
});

test("fields that a later version adds are kept", () => {
  const later = { ...whole, weather: "fine" };
  assert.equal((readResult(JSON.stringify(later), "a.json") as typeof later).weather, "fine");
});

test("what is no result says so, with its file and the mend", () => {
  assert.match(refuse('{"format":"fairlead-b'), /^b\.json is no JSON: .*was the run ended while it wrote\?/);
  assert.match(refuse("null"), /^b\.json is no result of fairlead bench/);
  assert.match(refuse(JSON.stringify(compareResults([]))), /^b\.json is no result of fairlead bench/);
  assert.match(
    refuse(JSON.stringify({ ...whole, formatVersion: 2 })),
    /b\.json has format 2, this version reads 1: read it with/,
  );
});

test("what is damaged is named by its place", () => {
  const { p50: _, ...rest } = whole.received!;
  assert.match(refuse(JSON.stringify({ ...whole, received: rest })), /^b\.json is damaged: received\.p50: /);
  assert.match(refuse(JSON.stringify({ ...whole, timeline: [{}] })), /timeline\[0\]\.atMs: .*; \d+ more/);
});

test("a damaged histogram is refused when it is merged", async () => {
  const { mergeDistributions } = await import("../../src/results/histogram.ts");
  assert.throws(() => mergeDistributions([{ ...whole.received!, histogram: "AAAA" }]), BenchError);
});

test("the published schema names every field", () => {
  const { properties, required } = resultJsonSchema() as { properties: Record<string, unknown>; required: string[] };
  for (const field of Object.keys(whole)) assert.ok(field in properties, field);
  assert.ok(required.includes("metrics") && !required.includes("search"));
});
