import assert from "node:assert/strict";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTitle, runTranscript } from "./transcript/run-transcript.ts";

// Every transcript goes as it is written. `UPDATE_TRANSCRIPTS=1`, or `--update`, rewrites what came out: read the diff.
const folder = join(import.meta.dirname, "transcripts");
const isUpdate = process.env.UPDATE_TRANSCRIPTS === "1" || process.argv.includes("--update");

for (const path of globSync("**/*.txt", { cwd: folder }).sort()) {
  const file = join(folder, path);
  const text = readFileSync(file, "utf8");
  const { name, ids } = readTitle(text);
  test(`${name} (${ids.join(", ")})`, () => {
    assert.equal(`${name}.txt`, path, "the title is the file's path");
    const now = runTranscript(text);
    if (isUpdate) writeFileSync(file, now);
    else assert.deepEqual(now.split("\n"), text.split("\n"));
  });
}
