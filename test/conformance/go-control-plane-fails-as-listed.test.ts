import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { nameOf } from "../../packages/control-plane/src/conformance/report/summarize.ts";
import { makeScratch } from "../support/scratch.ts";
import { requireTool } from "../support/tools.ts";
import { CACHES, type CacheName, tryGoControlPlane } from "./support/go-control-plane.ts";

const PAGE = new URL("../../docs/conformance-go-control-plane.md", import.meta.url);

/** What the page says of one cache. */
interface Listed {
  readonly always: readonly string[];
  /** In some runs, by chance. */
  readonly sometimes: readonly string[];
}

for (const cache of CACHES) {
  test(`go-control-plane fails exactly as docs/conformance-go-control-plane.md lists: ${cache}`, async (t) => {
    const tool = requireTool("go-control-plane");
    if ("skip" in tool) return t.skip(tool.skip);
    const { always, sometimes } = listed(cache);
    assert.ok(always.length > 0);
    const scratch = makeScratch("go-control-plane");
    const outcomes = await tryGoControlPlane(tool.path, cache, scratch.path);
    const failed = outcomes.filter(({ result }) => result === "fail");
    const told = failed.map((outcome) => `${nameOf(outcome)}, ${outcome.case.level}`);
    assert.deepEqual(told.filter((name) => !sometimes.includes(name)).sort(), [...always].sort());
    scratch.remove();
  });
}

/** Rows are `| id | what | level | snapshot | snapshot-ads | linear | what it means |`. */
function listed(cache: CacheName): Listed {
  const rows = readFileSync(PAGE, "utf8").matchAll(/^\| ([SCWDO]\d) \| (.+?) \| (spec|recommended) \| (.+)$/gm);
  const names = [...rows].flatMap(([, id, says, level, cells = ""]) => {
    const variants = cells.split(" | ")[CACHES.indexOf(cache)]!;
    if (variants === "—") return [];
    return variants.split(", ").map((variant) => {
      const name = `${id} ${says} (${variant.replace("?", "")}), ${level}`;
      return { name, isSure: !variant.endsWith("?") };
    });
  });
  const where = (isSure: boolean) => names.filter((one) => one.isSure === isSure).map(({ name }) => name);
  return { always: where(true), sometimes: where(false) };
}
