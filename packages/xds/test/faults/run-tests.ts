import { run } from "node:test";
import type { TestResult } from "./test-result.ts";

// Runs the test files given, all in this process, and prints a `TestResult` a line.
const files = process.argv.slice(2);

for await (const event of run({ files, isolation: "none", timeout: 20_000 })) {
  const { type, data } = event;
  if ((type !== "test:pass" && type !== "test:fail") || data.nesting > 0) continue;
  const result: TestResult = { name: data.name, file: data.file ?? "", isPassed: type === "test:pass" };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
process.exit(0); // a fault may have left something that keeps the loop alive
