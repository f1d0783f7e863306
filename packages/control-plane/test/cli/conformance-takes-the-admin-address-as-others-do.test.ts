import assert from "node:assert/strict";
import { test } from "node:test";
import { runFairlead } from "../support/cli.ts";

test("conformance takes --admin HOST:PORT, and no wait of a name that objects have by themselves", async (t) => {
  const args = ["conformance", "--target", "127.0.0.1:1", "--admin", "127.0.0.1:1"];
  const first = await runFairlead(t, args);
  assert.match(first.stderr, /^error: PUT http:\/\/127\.0\.0\.1:1\/v1\/groups\/\S+: no answer/);
  const second = await runFairlead(t, [...args, "--timing", "toString=5"]);
  assert.equal(second.code, 2);
  assert.match(second.stderr, /--timing toString=5: expected NAME=MS/);
});
