import assert from "node:assert/strict";
import { test } from "node:test";
import { type Comparison, compareResults, type Difference, type Entry } from "../../src/results/compare.ts";
import { formatComparison } from "../../src/results/format-comparison.ts";
import type { Result } from "../../src/results/result.ts";
import { collectRun, type Deviation } from "./support.ts";

const good = collectRun();

function rounds(name: string, values: readonly number[], more: Partial<Result> = {}, metric = "p99"): Entry[] {
  return values.map((value, round) => ({
    label: `${name}-${round}.json`,
    result: { ...good, ...more, name, metrics: { [metric]: value } },
  }));
}

function differenceOf(comparison: Comparison, metric = "p99"): Difference | null | undefined {
  return comparison.metrics.find(({ name }) => name === metric)?.values.at(-1)?.difference;
}

const cases: readonly {
  readonly base: number[];
  readonly other: number[];
  readonly is: Difference;
  readonly why: string;
}[] = [
  { base: [10, 11, 12], other: [30, 31, 32], is: "worse", why: "three times, and rounds separate" },
  { base: [30, 31, 32], other: [10, 11, 12], is: "better", why: "a third" },
  { base: [10, 11, 40], other: [30, 31, 32], is: "tie", why: "rounds overlap" },
  { base: [10, 11, 12], other: [12.5, 13, 14], is: "worse", why: "1.18 times, but three rounds of each separate" },
  { base: [10, 12], other: [12.5, 14], is: "tie", why: "1.2 times, and two rounds separate easily" },
  { base: [10, 12], other: [20, 22], is: "worse", why: "1.9 times, two rounds separate" },
  { base: [10, 10.1, 10.2], other: [10.3, 10.4, 10.5], is: "tie", why: "3 % are not worth a word" },
  { base: [10], other: [100], is: "unsure", why: "a single round" },
  { base: [10], other: [12], is: "tie", why: "a single round, and little" },
  { base: [0, 0, 0], other: [3, 4, 5], is: "worse", why: "from nothing to something" },
  { base: [0, 0, 0], other: [0, 0, 0], is: "tie", why: "nothing and nothing" },
];

for (const { base, other, is, why } of cases) {
  test(`${base} and ${other}: ${is} (${why})`, () => {
    assert.equal(differenceOf(compareResults([...rounds("a", base), ...rounds("b", other)])), is);
  });
}

test("medians, extremes and ratios are those of the rounds", () => {
  const { subjects, metrics } = compareResults([...rounds("a", [12, 10, 11]), ...rounds("b", [22, 33, 30, 25])]);
  assert.deepEqual(
    subjects.map(({ name, rounds }) => [name, rounds]),
    [
      ["a", 3],
      ["b", 4],
    ],
  );
  const [base, other] = metrics[0]!.values;
  assert.deepEqual([base?.median, base?.min, base?.max], [11, 10, 12]);
  assert.deepEqual([other?.median, other?.min, other?.max, other?.ratio], [27.5, 22, 33, 2.5]);
});

test("files that all have one name are compared one by one", () => {
  const { subjects } = compareResults(rounds("same", [1, 2]));
  assert.deepEqual(
    subjects.map(({ name }) => name),
    ["same-0.json", "same-1.json"],
  );
});

test("invalid rounds are left out and told, wrong answers are told", () => {
  const invalid = { verdict: { kind: "invalid", reasons: ["timers were late"], notes: [] } } as const;
  const wrong = { verdict: { kind: "wrong", reasons: ["3 lost"], notes: [] } } as const;
  const { subjects, metrics, warnings } = compareResults([
    ...rounds("a", [10, 11, 12]),
    ...rounds("a", [1_000], invalid),
    ...rounds("b", [20, 21], wrong),
    ...rounds("c", [5], invalid),
  ]);
  assert.deepEqual(
    subjects.map(({ rounds, leftOut }) => [rounds, leftOut]),
    [
      [3, 1],
      [2, 0],
      [1, 0],
    ],
  );
  assert.equal(metrics[0]?.values[0]?.max, 12);
  const invalidRounds = rounds("d", [500, 510, 520], invalid);
  assert.equal(differenceOf(compareResults([...rounds("a", [10, 11, 12]), ...invalidRounds])), "unsure");
  const nothingValid = compareResults([...rounds("c", [5, 6], invalid), ...rounds("e", [5, 6], invalid)]);
  assert.equal(differenceOf(nothingValid), "unsure", "equal figures that are not valid are no tie");
  assert.equal(nothingValid.metrics[0]?.values[1]?.ratio, null);
  assert.match(formatComparison(nothingValid, "text"), /^! c: 2 of 2 rounds invalid/, "the warning comes first");
  assert.match(warnings.join("\n"), /^a: 1 of 4 rounds invalid or aborted \(left out\): timers were late$/m);
  assert.match(warnings.join("\n"), /^b: wrong answers in 2 of 2 rounds, its speed counts for nothing: 3 lost$/m);
  assert.match(warnings.join("\n"), /^c: 1 of 1 rounds invalid or aborted \(none is valid/m);
});

test("other plans and machines are told, other servers are not", () => {
  const other = { ...good.plan, streams: 7, target: { host: "x", port: 1 }, driver: { kind: "none" } } as const;
  const { warnings } = compareResults([
    ...rounds("a", [1, 1, 1]),
    ...rounds("b", [1, 1, 1], { plan: other, machine: { ...good.machine, cores: 99 } }),
  ]);
  assert.deepEqual(warnings, [
    "b: another plan than the first: streams 7 instead of 100",
    `b: another machine than the first: cores 99 instead of ${good.machine.cores}`,
  ]);
});

test("a lower bound is no loss, and nobody wins against it", () => {
  const bound = { lowerBounds: ["pushes_per_second"] };
  const slow = rounds("slow", [10, 11, 12], {}, "pushes_per_second");
  const bounded = rounds("bounded", [5, 5, 5], bound, "pushes_per_second");
  assert.equal(differenceOf(compareResults([...slow, ...bounded]), "pushes_per_second"), "unsure");
  assert.equal(differenceOf(compareResults([...bounded, ...slow]), "pushes_per_second"), "unsure");
  const fast = rounds("fast", [50, 50, 50], bound, "pushes_per_second");
  assert.equal(differenceOf(compareResults([...slow, ...fast]), "pushes_per_second"), "better");
  assert.match(formatComparison(compareResults([...slow, ...fast]), "text"), /≥ 50\/s/);
});

test("text has columns, Markdown a table, JSON everything", () => {
  const deviation: Deviation = { latencyMs: (_, stream) => 3 + stream };
  const entries = [
    { label: "a.json", result: { ...good, name: "go|control" } },
    { label: "b.json", result: { ...collectRun(deviation), name: "fairlead" } },
  ];
  const comparison = compareResults(entries);
  const text = formatComparison(comparison, "text");
  assert.match(text, /^p50 +50 ms +52 ms +1\.04 × +tie$/m);
  assert.match(text, /^! fairlead: a single round, so its spread is unknown/m);
  const lines = formatComparison(comparison, "markdown").split("\n");
  assert.match(lines[0]!, /^- go\|control: a single round/);
  const head = lines.indexOf("") + 1;
  assert.match(lines[head]!, /^\| {2}\| go\\\|control \(1 round\) \| fairlead \(1 round\) \| ratio \| {2}\|$/);
  assert.equal(lines[head + 1], "| --- | ---: | ---: | ---: | ---: |");
  const alone = formatComparison(compareResults(entries.slice(0, 1)), "text");
  assert.doesNotMatch(alone, /better|worse/, "with nothing to compare with there are no words to explain");
  assert.deepEqual(JSON.parse(formatComparison(comparison, "json")), comparison);
});
