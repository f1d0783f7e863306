import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ERRORS, FairleadError } from "../src/errors.ts";

const docs = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
const rows = new Map(
  [...docs.matchAll(/^\| `([a-z-]+)` \| (\d+) \| (\d) \| (.+) \|$/gm)].map(([, code, status, exitCode]) => [
    code!,
    { status: Number(status), exitCode: Number(exitCode) },
  ]),
);

test("every code is in docs/errors.md with its HTTP status and exit code, and no other is", () => {
  const expected = Object.entries(ERRORS).map(([code, { status, exitCode }]) => [code, { status, exitCode }] as const);
  assert.deepEqual([...rows].sort(), expected.sort());
});

test("every rule of a fault is in docs/errors.md", () => {
  const sources = fileURLToPath(new URL("../src/", import.meta.url));
  const rules = globSync("**/*.ts", { cwd: sources }).flatMap((file) =>
    [...readFileSync(sources + file, "utf8").matchAll(/rule: "([^"]+)"/g)].map(([, rule]) => rule!),
  );
  assert.ok(rules.length > 5);
  const missing = rules.filter((rule) => !docs.includes(`\`${rule}\``));
  assert.deepEqual(missing, []);
});

test("an error carries what its code means", () => {
  const error = new FairleadError("label-conflict", "why");
  assert.deepEqual([error.kind.status, error.message, error.faults, error.name], [409, "why", [], "FairleadError"]);
});
