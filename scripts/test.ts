// Runs every test and prints one summary: `npm test [-- FILTER… --test-name-pattern=P …]`.
// A FILTER is a part of a test file's path. Flags that are not ours reach the test files (`process.argv`).
// Tests with a real Envoy, real gRPC programs, the load tester or a whole clone come last and one file at a time: what they
// see must not be that something else had the processor.
import { globSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";

interface Phase {
  readonly files: readonly string[];
  readonly concurrency: number;
  /** A file that takes longer hangs, and fails. */
  readonly timeoutMs: number;
}

type TestEvent = { readonly type: string; readonly data: unknown };

const COUNTS = ["tests", "suites", "pass", "fail", "cancelled", "skipped", "todo", "duration_ms"] as const;

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);
// A test that starts `npm` or `node` inherits this run's context otherwise, and its own tests are then not run.
delete process.env.NODE_TEST_CONTEXT;
// What `fairlead serve` keeps for its user goes with the run.
const stateHome = mkdtempSync(join(tmpdir(), "fairlead-state-"));
process.env.XDG_STATE_HOME = stateHome;
process.once("exit", () => rmSync(stateHome, { recursive: true, force: true }));

const { filters, namePatterns, forwarded } = readArguments(process.argv.slice(2));
const files = globSync(["packages/*/test/**/*.test.ts", "test/**/*.test.ts"], { exclude: ["**/node_modules/**"] })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
  .sort();
if (files.length === 0) {
  process.stderr.write(`no test file's path contains ${filters.join(" or ") || ".test.ts"}\n`);
  process.exit(2);
}

const LOUD = [
  "test/bench/",
  "test/clean-clone/",
  "test/envoy/",
  "test/grpc/",
  "test/interop/",
  "packages/xds/test/requirements.test.ts",
];
/** Hundreds of servers that start, and wait, by turns: the more at a time, the less idles. */
const PATIENT = ["test/conformance/faults-of-"];
const isIn = (starts: readonly string[], file: string) => starts.some((start) => file.startsWith(start));
const phases: readonly Phase[] = [
  {
    files: files.filter((file) => !isIn([...LOUD, ...PATIENT], file)),
    concurrency: Math.max(2, availableParallelism()),
    timeoutMs: 300_000,
  },
  { files: files.filter((file) => isIn(PATIENT, file)), concurrency: 2, timeoutMs: 900_000 },
  { files: files.filter((file) => isIn(LOUD, file)), concurrency: 1, timeoutMs: 900_000 },
];

const totals = new Map<string, number>();
const report = Readable.from(runPhases()).compose(new spec());
report.pipe(process.stdout, { end: false });
report.on("end", () => {
  process.stdout.write(`\n${COUNTS.map((name) => `# ${name} ${totals.get(name) ?? 0}`).join("\n")}\n`);
  const isGreen = totals.get("fail") === 0 && totals.get("cancelled") === 0 && (totals.get("tests") ?? 0) > 0;
  process.exitCode = isGreen ? 0 : 1;
});

async function* runPhases(): AsyncGenerator<TestEvent> {
  for (const phase of phases) {
    if (phase.files.length === 0) continue;
    const events: AsyncIterable<TestEvent> = run({
      files: [...phase.files],
      concurrency: phase.concurrency,
      timeout: phase.timeoutMs,
      argv: forwarded,
      testNamePatterns: namePatterns,
    });
    for await (const event of events) if (!isCount(event)) yield event;
  }
}

/** Takes the closing lines of a phase ("tests 12") out of the stream and adds them to the totals. */
function isCount({ type, data }: TestEvent): boolean {
  if (type !== "test:diagnostic") return false;
  const { message, nesting, file } = data as { message: string; nesting: number; file?: string };
  const [, name, value] = /^(\w+) ([\d.]+)$/.exec(message) ?? [];
  if (nesting !== 0 || file !== undefined || !COUNTS.some((count) => count === name)) return false;
  totals.set(name!, (totals.get(name!) ?? 0) + Number(value));
  return true;
}

function readArguments(args: readonly string[]) {
  const NAME_PATTERN = "--test-name-pattern=";
  const named = args.filter((arg) => arg.startsWith(NAME_PATTERN));
  const others = args.filter((arg) => !arg.startsWith(NAME_PATTERN));
  return {
    filters: others.filter((arg) => !arg.startsWith("-")),
    namePatterns: named.map((arg) => new RegExp(arg.slice(NAME_PATTERN.length))),
    forwarded: others.filter((arg) => arg.startsWith("-")),
  };
}
