import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { type Browser, chromium, type Page } from "playwright-core";
import { requireTool } from "../../../../test/support/tools.ts";
import { callTree, functionCosts } from "../../src/profiles/call-tree.ts";
import { renderFlameGraph } from "../../src/profiles/flame-graph.ts";
import type { CpuStacks, StackNode } from "../../src/profiles/stacks.ts";
import { start } from "../support/fairlead.ts";

const HOSTILE = `</script><img src=x onerror="boom()"> & 'a' "b"`;

/** A call: who calls it, its name, how long it took itself. */
function node(parent: number, name: string, amount: number, file = "@fairlead/xds/src/a.ts"): StackNode {
  const isCode = !name.startsWith("(");
  const frame = { name, file: isCode ? file : "", line: isCode ? 7 : 0 };
  return { frame, parent, samples: amount > 0 ? 1 : 0, amount, lines: [] };
}

/** `push` calls `encode` twice over, and that itself. */
const STACKS: CpuStacks = {
  nodes: [
    node(-1, "(root)", 0),
    node(0, "(idle)", 8_000),
    node(0, "push", 200),
    node(2, "encode", 600),
    node(3, "encode", 400),
    node(2, HOSTILE, 400, `${HOSTILE}.js`),
    node(0, "(garbage collector)", 400),
  ],
  startedAtMs: 0,
  durationMs: 10,
  intervalUs: 1_000,
  threadCpuUs: 1_000, // of 2,000 µs that were not waited
  processCpuUs: 1_500,
};

test("a function's own time and that of its calls add up, what calls itself counts once, and waiting is left out", () => {
  const root = callTree(STACKS);
  assert.equal(root.totalUs, 1_000);
  const costs = functionCosts(root).map(({ frame, selfUs, totalUs }) => [frame.name, selfUs, totalUs]);
  assert.deepEqual(costs, [
    ["encode", 500, 500],
    [HOSTILE, 200, 200],
    ["(garbage collector)", 200, 200],
    ["push", 100, 800],
  ]);
});

test("of very many calls those are drawn that can be seen, and what was all waiting is told as that", () => {
  const many = Array.from({ length: 20_000 }, (_, index) => node(0, `f${index}`, 20));
  const deep = Array.from({ length: 200 }, (_, index) => node(index, `g${index}`, 0));
  const page = renderFlameGraph({
    ...STACKS,
    nodes: [node(-1, "(root)", 0), ...deep, node(200, "leaf", 90_000), ...many],
  });
  const drawn = page.match(/role="treeitem"/g)?.length ?? 0;
  assert.ok(drawn > 200 && drawn <= 5_000, `${drawn}`);
  const idle = renderFlameGraph({ ...STACKS, nodes: STACKS.nodes.slice(0, 2) });
  assert.match(idle, /Nothing was run in this time/);
  assert.doesNotMatch(idle, /role="tree"/);
});

test("the page opens in a browser: by mouse, by keys, in the dark, and it asks for nothing more", async (t) => {
  const tool = requireTool("chromium");
  if ("skip" in tool) return t.skip(tool.skip);
  const { fairlead } = await start(t);
  const busy = keepBusy(t, fairlead.adminUrl);
  const browser = await chromium.launch({ executablePath: tool.path });
  t.after(() => browser.close());

  await t.test("from the server, as its own policy for it allows", async () => {
    const { page, troubles } = await open(browser);
    const url = `${fairlead.adminUrl}/debug/flamegraph?seconds=1`;
    await page.goto(url);
    assert.ok((await page.getByRole("treeitem").count()) > 10);
    await page.getByRole("searchbox", { name: "Find" }).fill("fairlead/src");
    assert.match(`${await page.getByRole("status").textContent()}`, /^\d+ calls?, [\d.]+ % of the CPU time$/);
    assert.deepEqual(troubles(url), []);
  });
  await busy.end();

  await t.test("with what was recorded, and no code of it", async () => {
    const { page, troubles } = await open(browser);
    await page.setContent(renderFlameGraph(STACKS));
    const item = (name: string) => page.getByRole("treeitem", { name }).first();
    const widthOf = async (name: string) => Math.round((await item(name).boundingBox())!.width);
    const all = await widthOf("all");
    assert.ok(Math.abs((await widthOf("push,")) - all * 0.8) <= 2);
    assert.ok(Math.abs((await widthOf("encode,")) - all * 0.5) <= 2);
    assert.equal(await page.getByRole("treeitem", { name: "(idle)" }).count(), 0);
    assert.equal(await page.locator("img").count(), 0);
    const rows = await page.getByRole("row").allInnerTexts();
    assert.match(rows[1]!, /^50\.0 %\s+50\.0 %\s+encode\s+@fairlead\/xds\/src\/a\.ts:7$/);
    assert.equal(rows.length, 5);

    const focused = () => page.evaluate("document.activeElement.getAttribute('aria-label')");
    await item("all").focus();
    await page.keyboard.press("ArrowDown");
    assert.match(String(await focused()), /^push, @fairlead\/xds\/src\/a\.ts:7: 80\.0 %, 0\.8 ms, itself 10\.0 %$/);
    await page.keyboard.press("ArrowRight");
    assert.match(String(await focused()), /^\(garbage collector\), .*: 20\.0 %/);
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    assert.equal(await widthOf("encode,"), all);
    assert.equal(await item("(garbage collector)").isVisible(), false);
    assert.match(`${await page.locator("#about").textContent()}`, /^encode, /);
    await page.keyboard.press("Escape");
    assert.ok(Math.abs((await widthOf("encode,")) - all * 0.5) <= 2);
    await item("push,").locator(".name").first().click();
    assert.equal(await widthOf("push,"), all);
    await page.getByRole("button", { name: "Show all" }).click();
    assert.equal(await item("(garbage collector)").isVisible(), true);
    await page.getByRole("searchbox", { name: "Find" }).fill("ENCODE");
    assert.equal(await page.getByRole("status").textContent(), "2 calls, 50.0 % of the CPU time");

    for (const scheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const [what, ratio] of Object.entries(await contrasts(page))) {
        assert.ok(ratio >= 4.5, `${scheme}: ${what} has a contrast of ${ratio.toFixed(2)}`);
      }
    }
    await page.setViewportSize({ width: 360, height: 640 });
    const tooWide = `[...document.querySelectorAll("body *")].filter((element) => !element.closest(".scroll, #flames")
      && element.getBoundingClientRect().right > innerWidth).map((element) => element.outerHTML.slice(0, 80))`;
    assert.deepEqual(await page.evaluate(tooWide), []);
    assert.equal(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), true);
    assert.deepEqual(troubles("about:blank"), []);
  });
});

/** A page, and what it complains of or asks for beside its own address. */
async function open(browser: Browser) {
  const page = await browser.newPage();
  const complaints: string[] = [];
  const urls: string[] = [];
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("request", (request) => urls.push(request.url()));
  return { page, troubles: (own: string) => [...complaints, ...urls.filter((url) => url !== own)] };
}

/** Of the names on each colour of the graph, and of the page's own text. */
async function contrasts(page: Page): Promise<Record<string, number>> {
  return await page.evaluate(`(() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const light = (colour) => {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      const linear = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((byte) => byte / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
      return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    };
    const page = getComputedStyle(document.body).backgroundColor;
    const ratio = (element) => {
      const { color, backgroundColor } = getComputedStyle(element);
      const [a, b] = [light(color), light(backgroundColor === "rgba(0, 0, 0, 0)" ? page : backgroundColor)];
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    };
    const chosen = [...document.querySelectorAll(".call > .name, dt, dd, thead th, tbody th, p")];
    return Object.fromEntries(chosen.map((element) => [element.tagName + " " + element.className + " " + element.textContent.slice(0, 20), ratio(element)]));
  })()`);
}

/** Requests, one after another, until told to end. */
function keepBusy(t: TestContext, url: string) {
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      await (await fetch(`${url}/metrics`)).text();
      await setImmediate();
    }
  })().catch((error: unknown) => assert.ok(isOver, String(error)));
  const end = async () => {
    isOver = true;
    await asking;
  };
  t.after(end);
  return { end };
}
