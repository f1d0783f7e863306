import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { WriteStream } from "node:tty";
import { createProgress } from "../../src/progress/progress.ts";
import type { LiveSample } from "../../src/results/collector.ts";

const SAMPLE: LiveSample = {
  atMs: 3_000,
  phase: "measure",
  open: 5_000,
  changesPerSecond: 10,
  pushesPerSecond: 50_000,
  acksPerSecond: 50_000,
  bytesInPerSecond: 512 * 1_024 * 1_024,
  p50Ms: 3.21,
  p99Ms: 12.5,
  generatorCpuShare: 0.61,
  serverCpuShare: 0.47,
  serverRssBytes: 99 * 1_024 * 1_024,
  faults: 3,
  behind: 2,
};

/** A stream that says it is a terminal of that width, or none, and what was written to it. */
function streamOf(columns: number | undefined) {
  const stream = new PassThrough();
  if (columns !== undefined)
    Object.assign(stream, { isTTY: true, columns, getColorDepth: WriteStream.prototype.getColorDepth });
  return {
    stream: stream as unknown as NodeJS.WriteStream,
    written: () => String(stream.read() ?? "").replaceAll("\u001b", "ESC"),
  };
}

/** What a terminal shows after all that was written: only what `live.ts` uses, lines up and erase below. */
function screenOf(written: string): readonly string[] {
  const lines = [""];
  let at = 0;
  for (const part of written.split(/(ESC\[\d*[A-Za-z]|\n|\r)/)) {
    const up = /^ESC\[(\d+)A$/.exec(part);
    if (up) at -= Number(up[1]);
    else if (part === "ESC[J") lines.splice(at, lines.length, "");
    else if (part === "\n") lines[++at] ??= "";
    else if (!part.startsWith("ESC[") && part !== "\r") lines[at] += part;
  }
  return lines.filter((line) => line !== "");
}

test("a terminal shows phase, time left and figures in place, and nothing stays behind", () => {
  const { stream, written } = streamOf(100);
  const progress = createProgress("steady 127.0.0.1:18000", stream);
  progress.phase("measure", 60_000);
  progress.sample(SAMPLE);
  progress.sample({ ...SAMPLE, pushesPerSecond: 49_999 });
  let text = written();
  const screen = screenOf(text);
  assert.equal(screen.length, 5);
  assert.match(
    screen.join("\n"),
    /measure {2}░+ {2}1:00 left\n5,000 streams {2}10 changes\/s {2}49,999 pushes\/s {2}512 MiB\/s/,
  );
  assert.match(
    screen.join("\n"),
    /p50 3\.21 ms {2}p99 12\.5 ms {2}behind 2 {2}faults 3\nserver CPU 47 % {2}RSS 99 MiB {2}generator CPU 61 %/,
  );
  progress.say("the teardown was not done");
  progress.end();
  text += written();
  assert.deepEqual(screenOf(text), ["the teardown was not done"]);
});

test("what is not known yet is not shown as zero: while streams connect, and before the first counts of a warm-up", () => {
  const { stream, written } = streamOf(100);
  const progress = createProgress("steady", stream);
  const uncounted = { ...SAMPLE, pushesPerSecond: 0, bytesInPerSecond: 0 };
  progress.phase("connect");
  progress.sample({ ...uncounted, open: 0, changesPerSecond: 0, p50Ms: null, p99Ms: null });
  assert.match(written(), /no streams yet/);
  progress.phase("warmup", 5_000);
  progress.sample(uncounted);
  assert.match(written(), /5,000 streams {2}10 changes\/s {2}- pushes\/s {2}-/);
  progress.end();
});

test("no line is wider than the terminal", () => {
  const { stream, written } = streamOf(30);
  const progress = createProgress("a name that is much longer than the terminal is wide", stream);
  progress.phase("reconnect 1/3, and more that does not fit", 60_000);
  progress.sample(SAMPLE);
  const screen = screenOf(written());
  progress.end();
  assert.equal(screen.length, 5);
  for (const line of screen) assert.ok(line.length < 30, line);
});

test("colours are for terminals that have them, without NO_COLOR", (t) => {
  const { CI, NO_COLOR, FORCE_COLOR, TERM, NODE_DISABLE_COLORS, ...env } = process.env;
  const before = process.env;
  t.after(() => {
    process.env = before;
  });
  for (const [set, isColoured] of [
    [{ TERM: "xterm-256color" }, true],
    [{ TERM: "xterm-256color", NO_COLOR: "1" }, false],
    [{ TERM: "dumb" }, false],
  ] as const) {
    process.env = { ...env, ...set };
    const { stream, written } = streamOf(100);
    const progress = createProgress("steady", stream);
    progress.phase("connect");
    progress.end();
    assert.equal(/ESC\[\d+m/.test(written()), isColoured, JSON.stringify(set));
  }
});

test("elsewhere each phase is a line, and figures come every few seconds", (t) => {
  const { stream, written } = streamOf(undefined);
  let nowMs = 0;
  t.mock.method(performance, "now", () => nowMs);
  const progress = createProgress("steady", stream);
  progress.phase("connect");
  for (let second = 1; second <= 12; second++) {
    nowMs = second * 1_000;
    if (second === 2) progress.phase("measure", 60_000);
    progress.sample(SAMPLE);
  }
  progress.end();
  const lines = written().trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => line.slice(0, 31)),
    ["0:00 connect", "0:02 measure (1:00)", "0:07 measure: 5,000 streams  10", "0:12 measure: 5,000 streams  10"],
  );
});
