import assert from "node:assert/strict";
import { test } from "node:test";
import { formatPlan } from "../../src/plan/format.ts";
import { parsePlan } from "../../src/plan/read.ts";

const FILE = `
target: 127.0.0.1:18000
streams: 500
driver: { kind: fairlead, group: edge }
scenario: { kind: steady, rate: 20/s, duration: 1m30s, connect: { rate: 100/s } }
thresholds: [p99 < 20ms]
`;

test("a target alone is a plan: it observes how clients connect", () => {
  const { driver, scenario, workload } = parsePlan("target: 127.0.0.1:18000");
  assert.deepEqual(driver, { kind: "none" });
  assert.deepEqual(scenario, { kind: "connect", connecting: { atOnce: 256 }, holdMs: 5_000 });
  assert.equal(workload.recognise, "bytes");
});

test("units become those that names of fields say", () => {
  const { scenario } = parsePlan(FILE);
  assert.deepEqual(scenario, {
    kind: "steady",
    connecting: { atOnce: 256, perSecond: 100 },
    changesPerSecond: 20,
    warmupMs: 5_000,
    durationMs: 90_000,
  });
});

test("flags replace what they name, and thresholds are added", () => {
  const flags = { streams: "7", rate: "600/m", group: "web", threshold: ["lost == 0"], tlsInsecure: true };
  const plan = parsePlan(FILE, { flags });
  assert.equal(plan.streams, 7);
  assert.ok(plan.scenario.kind === "steady" && plan.scenario.changesPerSecond === 10);
  assert.equal(plan.scenario.durationMs, 90_000);
  assert.deepEqual(plan.driver, { kind: "fairlead", adminUrl: "http://127.0.0.1:18001", group: "web" });
  assert.deepEqual(plan.target.tls, { insecure: true });
  assert.deepEqual(
    plan.thresholds.map(({ metric, operator, value }) => [metric, operator, value]),
    [
      ["p99", "<", 20],
      ["lost", "==", 0],
    ],
  );
});

test("another driver or scenario drops what the file says of its own, but for how streams connect", () => {
  const plan = parsePlan(FILE, { flags: { driver: "exec", exec: "./adapter", scenario: "fanout", changes: "3" } });
  assert.deepEqual(plan.driver, { kind: "exec", command: "./adapter" });
  assert.ok(plan.scenario.kind === "fanout" && plan.scenario.changes === 3);
  assert.deepEqual(plan.scenario.connecting, { atOnce: 256, perSecond: 100 });
});

test("a setting of a driver asks for that driver", () => {
  const change = "put http://127.0.0.1:1/c?sequence={sequence}";
  const flags = { target: "[::1]:80", httpChange: change, httpBody: '{"r":{resources}}', httpHeader: ["X-A: b"] };
  const plan = parsePlan("", { flags });
  assert.deepEqual(plan.target, { host: "::1", port: 80 });
  assert.deepEqual(plan.driver, {
    kind: "http",
    change: {
      method: "PUT",
      url: "http://127.0.0.1:1/c?sequence={sequence}",
      headers: { "x-a": "b" },
      body: '{"r":{resources}}',
    },
  });
  assert.equal(plan.scenario.kind, "steady");
});

test("a duration is the time that connected streams stay, where the scenario is only to connect", () => {
  const { scenario } = parsePlan("", { flags: { target: "a:1", duration: "3s" } });
  assert.deepEqual(scenario, { kind: "connect", connecting: { atOnce: 256 }, holdMs: 3_000 });
});

const SCENARIOS = [
  "connect",
  "{ kind: steady, churn: { streams: 5/s } }",
  "{ kind: soak, duration: 2h }",
  "{ kind: fanout, pause: 0s }",
  "saturation",
  "{ kind: search, vary: rate, from: 1/s, to: 600/m, precision: 0.125 }",
  "{ kind: reconnect, share: 12.5%, reconnect: { rate: 30/m } }",
];
const DRIVERS = [
  "{ kind: http, setup: 'http://a:1/s', change: { url: 'http://a:1/{sequence}', headers: { a: b }, body: '[{resources}]' } }",
  "{ kind: exec, command: ./a }",
  "fairlead",
];

test("how often clients poll is said where they do", () => {
  const plan = parsePlan("target: a:1\nprotocol: rest", { flags: { poll: "250ms" } });
  assert.equal(plan.pollMs, 250);
  assert.deepEqual(parsePlan(formatPlan(plan)), plan);
});

for (const [index, scenario] of SCENARIOS.entries()) {
  test(`a plan with all its defaults written out is the same plan: ${scenario}`, () => {
    const plan = parsePlan(`
name: n
target: "[::1]:443"
tls: { insecure: true, serverName: s }
protocol: ads-delta
node: { id: "a-{n:05}", locality: { zone: z }, metadata: { a: ["{n}", 1] } }
workload: { subscribe: 2, count: 3 }
driver: ${DRIVERS[index % DRIVERS.length]}
scenario: ${scenario}
population: [{ share: 90%, behaviour: healthy }, { share: 0.1, behaviour: slow-reader, read: 10KiB/s }]
generators: 2
generatorCpus: 1
server: { pid: 1, prometheus: "http://a:1/metrics" }
thresholds: ["${scenario.includes("connect") && !scenario.includes("reconnect") ? "sync_p99" : "p99"} <= 20ms", "rss_per_stream < 16KiB", "cpu_share < 250%", "cpu_us_per_push < 50us", "rss_slope < 1MiB/h"]
`);
    assert.deepEqual(parsePlan(formatPlan(plan)), plan);
  });
}
