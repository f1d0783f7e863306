import { equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { readMeasurements } from "../../src/capacity/measurement.ts";
import { formatCapacityReport, planFor } from "../../src/capacity/plan-capacity.ts";
import { FLAGS, holding, MEASUREMENTS, pushing } from "./support.ts";

const [small, large] = MEASUREMENTS;

test("a measurement that is missing is named, with the row that brings it", () => {
  const without = (measurements: typeof MEASUREMENTS, flags = {}) => planFor({ ...FLAGS, ...flags }, { measurements });
  throws(() => without([]), /the CPU of a push was not measured: run `npm run bench:peers .*--rows saturation-1kb/);
  throws(() => without([small!, holding("8k", 8_000)]), /at a second size \(there is 1 KB alone\) was not measured/);
  throws(() => without([small!, large!]), /the memory of a stream was not measured: .*--rows fanout-8200,fanout-15000/);
  throws(() => without(MEASUREMENTS, { tls: true }), /was not measured: .*--rows mtls-2500/);
  const { fleet_p100_p50: _, ...metrics } = holding("15k", 15_000).metrics;
  const untimed = [small!, large!, holding("15k", 15_000, { metrics })];
  throws(() => without(untimed, { fanOut: "1s" }), /--fan-out: how long .* was not measured: run .*fanout-15000/);
  ok(without(untimed).unknown.some((one) => one.includes("how long a change takes to all streams")));
});

test("every flag that is wrong is told, and a replica that can't carry one proxy", () => {
  throws(() => planFor({ ...FLAGS, proxies: "0", size: "ten", headroom: "100%" }, { measurements: MEASUREMENTS }), {
    code: "bad-plan",
    message:
      '--proxies: expected a whole number from 1, such as 1000000, got "0"\n' +
      '--size: expected a size such as 10KB, got "ten"\n' +
      '--headroom: expected a share below 1, such as 50%, got "100%"',
  });
  const tooMany = { ...FLAGS, changes: "3000/s" };
  throws(() => planFor(tooMany, { measurements: MEASUREMENTS }), /a replica of 4 cores can't carry one proxy: CPU: /);
});

test("a file that is no JSON, no result, or of another version is told with its name", () => {
  throws(() => readMeasurements("{", "a.json"), /a\.json is no JSON/);
  throws(
    () => readMeasurements("[]", "a.json"),
    /a\.json holds no measurements: expected a result of `fairlead bench run/,
  );
  throws(() => readMeasurements('{"format":"fairlead-bench-peers","formatVersion":1}', "a.json"), /has format 1/);
  throws(() => readMeasurements('{"format":"x"}', "a.json"), /a\.json is no result of fairlead bench/);
});

test("the error against a second measurement is told for each figure, and what was not to be fitted is left out", () => {
  const fast = pushing("medium", 500, 10_000);
  const others = [{ ...fast, metrics: { ...fast.metrics, cpu_us_per_push: fast.metrics.cpu_us_per_push! / 1.25 } }];
  const report = planFor(FLAGS, { measurements: MEASUREMENTS, others });
  equal(report.check?.rows.length, 1);
  equal(Math.round(report.check!.worst * 100), 25);
  ok(formatCapacityReport(report).includes("error: median +25 %, worst +25 %"), formatCapacityReport(report));
  const fit = ["small", "large", "8k"];
  equal(planFor(FLAGS, { measurements: MEASUREMENTS, fit }).costs.from.cpu.join(), "small,large");
  throws(
    () => planFor(FLAGS, { measurements: MEASUREMENTS, fit: ["big"] }),
    /--fit: there is no measurement big; there are small/,
  );
  throws(
    () => planFor(FLAGS, { measurements: MEASUREMENTS, others: MEASUREMENTS }),
    /--check: there is nothing to compare/,
  );
});
