import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const MIB = 1024 * 1024;

/**
 * Keeps 50 MB in small pieces, with turns of the loop between them, and tells how large the young generation has become. Looked at after
 * collections: while V8 marks the old generation it puts them off, by 24 MB as was seen, and no limit of the young one is for that.
 */
const KEEPS_MUCH = `
  import { PerformanceObserver } from "node:perf_hooks";
  import { setImmediate } from "node:timers/promises";
  import { getHeapSpaceStatistics } from "node:v8";
  import { boundYoungGeneration } from "./bound-young-generation.ts";
  boundYoungGeneration();
  const kept = [];
  let bytes = 0;
  new PerformanceObserver(() => {
    bytes = Math.max(bytes, getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space").space_size);
  }).observe({ entryTypes: ["gc"] });
  for (let turn = 0; turn < 200; turn++) {
    for (let count = 0; count < 5_000; count++) kept.push({ count, inner: [count] });
    await setImmediate();
  }
  console.log(bytes);
`;

function youngGenerationWith(nodeOptions: string): number {
  const cwd = new URL("../../src/memory/", import.meta.url);
  const env = { ...process.env, NODE_OPTIONS: nodeOptions };
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", KEEPS_MUCH], {
    cwd,
    env,
    encoding: "utf8",
  });
  assert.match(stdout, /^\d+\n$/, stderr);
  return Number(stdout);
}

test("the young generation stays at two halves of 4 MiB, or of 8 where it grew twice in one turn", () => {
  const bytes = youngGenerationWith("");
  assert.ok(bytes <= 16 * MIB, `${bytes / MIB} MiB`);
});

test("a size that the user asks for wins", () => {
  const bytes = youngGenerationWith("--max-semi-space-size=16");
  assert.ok(bytes > 16 * MIB, `${bytes / MIB} MiB`);
});
