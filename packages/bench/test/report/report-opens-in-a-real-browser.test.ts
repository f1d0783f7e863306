import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { requireTool } from "../../../../test/support/tools.ts";
import { barChart } from "../../src/report/bar-chart.ts";
import { standaloneSvg } from "../../src/report/chart.ts";
import { renderReport } from "../../src/report/report.ts";
import type { Result } from "../../src/results/result.ts";
import { collectRun } from "../results/support.ts";

const HOSTILE = `</script><img src=x onerror="boom()"> & 'a' "b"`;
const PHONE = 360;

const tool = requireTool("chromium");
const skip = "skip" in tool ? tool.skip : false;
let folder: string;
let browser: Browser;

before(async () => {
  if ("skip" in tool) return;
  folder = mkdtempSync(join(tmpdir(), "bench-report-"));
  browser = await chromium.launch({ executablePath: tool.path });
});
after(async () => {
  await browser?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

const threshold = { text: "p99 < 20ms", metric: "p99", operator: "<", value: 20 } as const;
const wave = (base: number) => (sequence: number, stream: number) => base + ((sequence * 7 + stream * 13) % 50);
const one: Result = {
  ...collectRun({
    plan: { name: HOSTILE, thresholds: [threshold] },
    latencyMs: wave(2),
    missing: (n) => (n === 60 ? 2 : 0),
  }),
  wrongAnswers: [{ kind: "lost", client: 3, count: 2, message: `stream 3 lacks change 60 of ${HOSTILE}` }],
};
const rounds = ["Fairlead", "go-control-plane SnapshotCache", HOSTILE].flatMap((name, index) =>
  [1, 2, 3].map((round) => ({
    label: `${name}-${round}`,
    result: collectRun({ plan: { name }, latencyMs: wave(2 + index * 9 + round) }),
  })),
);
const reports: Readonly<Record<string, string>> = {
  one: renderReport([{ label: "a.json", result: one }]),
  several: renderReport(rounds),
  invalid: renderReport([
    {
      label: "c.json",
      result: { ...one, verdict: { kind: "invalid", reasons: ["`p99 < 20ms` is <b>missed</b>"], notes: [] } },
    },
  ]),
  // Ended before anything came: nothing to draw, and nothing to trip over.
  empty: renderReport([
    {
      label: "b.json",
      result: { ...collectRun({ seconds: 0, withoutServer: true }), timeline: [], storms: [], curves: [] },
    },
  ]),
};

interface Opened {
  readonly page: Page;
  readonly troubles: string[];
}

/** Everything that a browser could complain of, and everything that it asks the network for. */
async function open(name: string, width: number, colorScheme: "light" | "dark"): Promise<Opened> {
  const file = join(folder, `${name}.html`);
  writeFileSync(file, reports[name]!);
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
  const troubles: string[] = [];
  page.on("console", (message) => troubles.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => troubles.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (request.url() !== pathToFileURL(file).href && !request.url().startsWith("data:"))
      troubles.push(`asks for ${request.url()}`);
  });
  await page.goto(pathToFileURL(file).href);
  return { page, troubles };
}

/** What is drawn, in pixels. */
const DRAWN = `[...document.querySelectorAll("svg.chart")].map((svg) => {
  const box = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll("text")].map((text) => [text.textContent, text.getBoundingClientRect()]);
  return {
    title: svg.querySelector("title").textContent,
    described: svg.getAttribute("aria-labelledby").split(" ").every((id) => document.getElementById(id)?.textContent),
    extents: [...svg.querySelectorAll("path.line, rect[class^=f]")].map((path) => path.getBoundingClientRect()).map((path) => path.width + path.height),
    smallest: Math.min(...texts.map(([, text]) => text.height)),
    outside: texts.filter(([, text]) => text.right > box.right + 3 || text.left < box.left - 3).map(([text]) => text),
    rows: svg.closest("figure").querySelectorAll("tbody tr").length,
  };
})`;

/** Cells of which a part is only seen after scrolling to the side. */
const CLIPPED = `(() => {
  for (const details of document.querySelectorAll("details")) details.open = true;
  const cells = [...document.querySelectorAll("th, td")].filter((cell) => cell.getBoundingClientRect().width > 0);
  return cells.filter((cell) => {
    const box = cell.getBoundingClientRect(), seen = cell.closest(".scroll").getBoundingClientRect();
    return box.right > seen.right + 1 || box.left < seen.left - 1 || cell.scrollWidth > Math.ceil(box.width);
  }).map((cell) => cell.textContent);
})()`;

interface Drawing {
  readonly title: string;
  readonly described: boolean;
  readonly extents: readonly number[];
  readonly smallest: number;
  readonly outside: readonly string[];
  readonly rows: number;
}

for (const [name, titles] of [
  [
    "one",
    [
      "Latency by percentile",
      "Fan-out of a change",
      "Connect storm",
      "Pushes received",
      "Latency over time",
      "CPU",
      "Memory of the server",
      "Open streams",
    ],
  ],
  [
    "several",
    [
      "Change → received, 99th percentile",
      "Latency by percentile",
      "Fan-out of a median change",
      "CPU",
      "Memory of the server",
    ],
  ],
  ["empty", []],
] as const) {
  for (const [width, scheme] of [
    [1_200, "light"],
    [PHONE, "dark"],
  ] as const) {
    test(`${name}: all is drawn and readable, ${width} wide, ${scheme}`, { skip, timeout: 60_000 }, async () => {
      const { page, troubles } = await open(name, width, scheme);
      const drawings = (await page.evaluate(DRAWN)) as Drawing[];
      for (const title of titles)
        assert.ok(
          drawings.some((drawing) => drawing.title === title),
          `no drawing ${title}`,
        );
      for (const { title, described, extents, smallest, outside, rows } of drawings) {
        assert.ok(extents.length > 0 && extents.every((extent) => extent > 1), `${title} is drawn`);
        assert.ok(described && rows > 0, `${title} is told in words and numbers`);
        assert.ok(smallest >= 10, `${title} has text of ${smallest} px`);
        assert.deepEqual(outside, [], `${title} has text that is cut off`);
      }
      assert.equal(
        await page.evaluate("document.documentElement.scrollWidth"),
        width,
        "nothing is wider than the screen",
      );
      if (width === PHONE) assert.deepEqual(await page.evaluate(CLIPPED), [], "no cell is cut off, details open");
      assert.equal(await page.locator("img, iframe, script[src], link[rel=stylesheet]").count(), 0);
      assert.deepEqual(troubles, []);
      await page.close();
    });
  }
}

test("a drawing is a file of its own, with title and colours", { skip, timeout: 60_000 }, async () => {
  const file = join(folder, "bars.svg");
  const bars = [12_000, 40_000, 3_000].map((median, index) => ({
    label: `${HOSTILE} ${index}`,
    median,
    min: median - 1,
    max: median + 20,
  }));
  writeFileSync(file, standaloneSvg(barChart({ title: HOSTILE, unit: "µs", better: "lower", bars })));
  const page = await browser.newPage({ viewport: { width: PHONE, height: 400 }, colorScheme: "dark" });
  await page.goto(pathToFileURL(file).href);
  assert.equal(await page.locator("parsererror").count(), 0);
  assert.equal(await page.locator("text.title").textContent(), HOSTILE);
  const widths = (await page.evaluate(
    `[...document.querySelectorAll("rect[class^=f]")].map((bar) => bar.getBoundingClientRect().width)`,
  )) as number[];
  assert.ok(widths[1]! > widths[0]! && widths[0]! > widths[2]! && widths[2]! > 1, String(widths));
  const overlaps = await page.evaluate(
    `[...document.querySelectorAll("text.strong")].filter((label) => label.getBoundingClientRect().right > label.nextElementSibling.getBoundingClientRect().left).length`,
  );
  assert.equal(overlaps, 0, "a long name does not run into its figure");
  assert.equal(await page.evaluate(`getComputedStyle(document.querySelector(".background")).fill`), "rgb(20, 24, 30)");
  await page.close();
});

test("light is dark on light, dark the other way, and colours differ", { skip, timeout: 60_000 }, async () => {
  const style = `(() => {
    const body = getComputedStyle(document.body);
    return [body.backgroundColor, body.color, ...[...document.querySelectorAll("svg .line")].map((line) => getComputedStyle(line).stroke)];
  })()`;
  const light = (await (await open("one", PHONE, "light")).page.evaluate(style)) as string[];
  const dark = (await (await open("one", PHONE, "dark")).page.evaluate(style)) as string[];
  const brightness = (color: string) =>
    color
      .match(/\d+/g)!
      .slice(0, 3)
      .reduce((sum, part) => sum + Number(part), 0);
  assert.ok(brightness(light[0]!) > 700 && brightness(light[1]!) < 150);
  assert.ok(brightness(dark[0]!) < 150 && brightness(dark[1]!) > 600);
  for (const [index, stroke] of light.slice(2).entries()) assert.notEqual(stroke, dark[index + 2]);
});

test("names are text, verdict and faults are told, a point tells its value", { skip, timeout: 60_000 }, async () => {
  const { page, troubles } = await open("one", 1_200, "light");
  assert.equal(await page.title(), `${HOSTILE}: wrong`);
  assert.match((await page.locator("h1").textContent()) ?? "", /<\/script><img src=x .*WRONG/);
  const text = String(await page.evaluate("document.querySelector('main').innerText"));
  assert.match(text, /2 times a stream lacked a change in the end/);
  assert.match(text, /stream 3 lacks change 60 of <\/script>/);
  assert.match(text, /p99 < 20ms\s+\d+(\.\d+)? ms\s+missed/);
  const path = page.locator("figure", { hasText: "Pushes received" }).locator("path.line");
  await path.scrollIntoViewIfNeeded();
  const line = await path.boundingBox();
  await page.mouse.move(line!.x + line!.width, line!.y);
  await page.locator("#tip", { hasText: /^pushes: 1,000\/s at 15 s$/ }).waitFor({ timeout: 5_000 });
  await page.locator("summary", { hasText: "In numbers" }).first().click();
  await page.locator("figure table", { hasText: "p99.9" }).waitFor({ state: "visible" });
  assert.deepEqual(troubles, []);
});

test("code is code, figures of an invalid run are muted, rounds have badges", { skip, timeout: 60_000 }, async () => {
  const { page } = await open("invalid", 1_200, "light");
  assert.equal(await page.locator("header li").innerHTML(), "<code>p99 &lt; 20ms</code> is &lt;b&gt;missed&lt;/b&gt;");
  const color = (selector: string) => page.evaluate(`getComputedStyle(document.querySelector("${selector}")).color`);
  assert.equal(await color(".tiles dd"), await color("header .faint"));
  assert.match(String(await page.evaluate("document.querySelector('main').innerText")), /These figures are not valid/);
  assert.equal(
    await page
      .locator("figure", { hasText: "CPU" })
      .locator("text", { hasText: /^since the start, s$/ })
      .count(),
    1,
  );
  await page.close();
  const valid = await open("one", 1_200, "light");
  assert.notEqual(await valid.page.evaluate(`document.querySelectorAll(".tiles dd").length`), 0);
  assert.equal(await valid.page.locator(".doubtful").count(), 0);
  await valid.page.close();
  const several = await open("several", PHONE, "light");
  assert.equal(await several.page.locator("header .verdict").count(), rounds.length);
  await several.page.close();
});
