import assert from "node:assert/strict";
import { test } from "node:test";
import { BenchError } from "../../src/errors.ts";
import type { PlanFlags } from "../../src/plan/flags.ts";
import { parsePlan } from "../../src/plan/read.ts";

const TARGET = "target: 127.0.0.1:18000\n";
const DRIVEN = `${TARGET}driver: fairlead\n`;
const TEMPLATES = "{sequence}, {mark}, {i}, {indices}, {names}, {resources}";

/** A plan that can't be, and what is said of it; the file is `plan.yaml`. */
const TABLE: readonly (readonly [plan: string, ...messages: string[]])[] = [
  ["", "plan.yaml:1:1: target: expected HOST:PORT such as 127.0.0.1:18000, and there is nothing"],
  ["- a", 'plan.yaml:1:1: expected the settings of a plan, such as target: 127.0.0.1:18000, got ["a"]'],
  ["target: localhost", 'plan.yaml:1:9: target: expected HOST:PORT such as 127.0.0.1:18000, got "localhost"'],
  ["target: a:70000", 'plan.yaml:1:9: target: expected HOST:PORT such as 127.0.0.1:18000, got "a:70000"'],
  ["target: a:1\ntarget: a:1", "plan.yaml:2:1: Map keys must be unique"],
  [
    `${DRIVEN}scenario:\n  kind: steady\n  rate: 10x`,
    'plan.yaml:5:9: scenario.rate: expected a rate such as 10/s, got "10x"',
  ],
  [
    `${DRIVEN}scenario:\n  kind: steady\n  duration: 60`,
    "plan.yaml:5:13: scenario.duration: expected a duration such as 60s, got 60",
  ],
  [
    `${DRIVEN}scenario: stedy`,
    'plan.yaml:3:11: scenario.kind: expected connect, steady, soak, fanout, saturation, search or reconnect, got "stedy"; did you mean steady?',
  ],
  [
    `${DRIVEN}scenario:\n  kind: fanout\n  rate: 10/s`,
    "plan.yaml:5:3: scenario.rate: fanout has no rate; known here: changes, pause, patience, connect",
  ],
  [`${TARGET}streems: 4`, "plan.yaml:2:1: streems: unknown setting streems; did you mean streams?"],
  [`${TARGET}streams: 1.5`, "plan.yaml:2:10: streams: expected a whole number from 1 to 1000000, got 1.5"],
  [
    `${TARGET}protocol: ads-sotv`,
    'plan.yaml:2:11: protocol: expected ads-sotw, ads-delta, sotw, delta, rest or raw, got "ads-sotv"; did you mean ads-sotw?',
  ],
  [
    `${TARGET}node: { id: "x-{m}" }`,
    'plan.yaml:2:13: node.id: expected a node id such as bench-{n}, in which {n} stands for the number of the client, got "x-{m}"',
  ],
  [
    `${TARGET}generatorCpus: 3-2`,
    'plan.yaml:2:16: generatorCpus: expected a list of CPUs such as 1 or 2-3,5, got "3-2"',
  ],
  [`${TARGET}poll: 1s`, "plan.yaml:2:7: poll: only rest polls, and the protocol is ads-sotw"],
  [
    `${TARGET}protocol: rest\nscenario: reconnect`,
    "plan.yaml:3:11: scenario.kind: polls: there are no streams to cut off; choose a protocol of streams",
  ],
  [`${TARGET}tls: yes`, 'plan.yaml:2:6: tls: expected settings by their names, got "yes"'],
  [`${TARGET}tls: { ca: missing.pem }`, `plan.yaml:2:12: tls.ca: ${process.cwd()}/missing.pem cannot be read (ENOENT)`],
  [
    `${TARGET}driver: htttp`,
    'plan.yaml:2:9: driver.kind: expected none, fairlead, registry, http or exec, got "htttp"; did you mean http?',
  ],
  [
    `${TARGET}driver: { kind: http, change: "POST http://a:1/{seq}" }`,
    `plan.yaml:2:31: driver.change.url: expected a URL such as http://127.0.0.1:8080/change?sequence={sequence}, in which only ${TEMPLATES} stand for something, got "http://a:1/{seq}"`,
  ],
  [`${TARGET}driver: { kind: exec }`, "plan.yaml:2:9: driver.command: expected a command line, and there is nothing"],
  [
    `${TARGET}scenario: fanout`,
    "plan.yaml:2:11: scenario.kind: nothing changes the server: fanout needs a driver (--driver fairlead, registry, http or exec)",
  ],
  [
    `${DRIVEN}workload: { names: x }`,
    "plan.yaml:3:20: workload.names: 10 resources need a name each: put {i} into it, such as bench-{i}",
  ],
  [
    `${DRIVEN}workload: { subscribe: 11 }`,
    "plan.yaml:3:24: workload.subscribe: 11 names each, but there are 10 (workload.count)",
  ],
  [
    `${DRIVEN}scenario: { kind: search, from: 10, to: 5 }`,
    "plan.yaml:1:1: thresholds: a search needs something that holds or not: give a threshold such as p99 < 100ms",
    "plan.yaml:3:41: scenario.to: has to be above from, which is 10, got 5",
  ],
  [
    `${TARGET}population: [{ share: 50%, behaviour: healthy }]`,
    "plan.yaml:2:13: population: shares have to add up to 100%, and are 50%",
  ],
  [
    `${TARGET}population: [{ share: 1, behaviour: nack }]`,
    "plan.yaml:2:13: population: nobody is healthy, and latencies are told of the healthy: add a share of them",
  ],
  [
    `${TARGET}thresholds: [p9 < 20ms, p99 < 20, lost = 0, rss_per_stream < 16KB]`,
    "plan.yaml:2:14: thresholds[0]: no metric p9; did you mean p90?",
    'plan.yaml:2:25: thresholds[1]: expected p99 < 20ms, got "p99 < 20"',
    "plan.yaml:2:35: thresholds[2]: expected a comparison: did you mean lost == 0?",
  ],
  [
    `${TARGET}thresholds: [p99 < 20ms, cpu_us_per_push < 50us, lost == 0, resync_p99 < 2s]`,
    "plan.yaml:2:14: thresholds[0]: p99 needs a driver that changes the server: --driver fairlead, registry, http or exec",
    "plan.yaml:2:26: thresholds[1]: cpu_us_per_push is a figure of the server: it needs --pid or --prometheus",
    "plan.yaml:2:61: thresholds[3]: resync_p99 needs connections that are cut: --scenario reconnect",
  ],
  [
    `${DRIVEN}scenario: connect\nthresholds: [p99 < 20ms, sync_p99 < 1s]`,
    "plan.yaml:4:14: thresholds[0]: p99 needs changes, and the scenario connect makes none: --scenario steady",
  ],
  [
    `streems: 4\nworkload: { count: 0 }\nscenario: { kind: connect, hold: soon }`,
    "plan.yaml:1:1: target: expected HOST:PORT such as 127.0.0.1:18000, and there is nothing",
    "plan.yaml:1:1: streems: unknown setting streems; did you mean streams?",
    "plan.yaml:2:20: workload.count: expected a whole number from 1 to 1048576, got 0",
    'plan.yaml:3:34: scenario.hold: expected a duration such as 5s, got "soon"',
  ],
  [
    `${TARGET}workload: { stride: 0 }`,
    "plan.yaml:2:21: workload.stride: streams that ask for all begin at the first: give workload.subscribe, such as 10",
  ],
];

for (const [plan, ...messages] of TABLE) {
  test(`of ${JSON.stringify(plan)} all that is wrong is told`, () => {
    assert.deepEqual(faultsOf(plan), messages);
  });
}

test("what a flag says is told by the flag", () => {
  const flags: PlanFlags = { streams: "5x", rate: "10", admin: "ftp://a", threshold: ["p99 < 1s", "p9 < 1s"] };
  assert.deepEqual(faultsOf(TARGET, flags), [
    '--admin: expected a URL such as http://127.0.0.1:18001, got "ftp://a"',
    '--rate: expected a rate such as 10/s, got "10"',
    '--streams: expected a whole number from 1 to 1000000, got "5x"',
    "--threshold: no metric p9; did you mean p90?",
  ]);
});

test("without a file it is told by the flag that mends it", () => {
  assert.throws(() => parsePlan(""), {
    code: "bad-plan",
    message: "--target: expected HOST:PORT such as 127.0.0.1:18000, and there is nothing",
  });
});

function faultsOf(plan: string, flags: PlanFlags = {}): string[] {
  try {
    parsePlan(plan, { file: "plan.yaml", flags });
    return [];
  } catch (error) {
    assert.ok(error instanceof BenchError && error.code === "bad-plan", String(error));
    const lines = error.message.split("\n");
    return Object.keys(flags).length > 0 ? lines.toSorted() : lines;
  }
}
