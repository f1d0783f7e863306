// Runs every test and prints one summary: `npm test [-- FILTER… --test-name-pattern=P …]`.
// A FILTER is a part of a test file's path. Flags that are not ours reach the test files (`process.argv`).
// Tests with a real Envoy or real gRPC programs come later and few at a time, with the load tester or a whole clone last and alone.
import { globSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Readable } from "node:stream";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";

interface Phase {
  readonly name: string;
  readonly files: readonly string[];
  readonly concurrency: number;
  /** A file that takes longer hangs, and fails. */
  readonly timeoutMs: number;
  /** Whether a file's process ends with its last test, whatever is still open in it. */
  readonly forceExit?: boolean;
}

type TestEvent = { readonly type: string; readonly data: unknown };

interface TestData {
  readonly nesting: number;
  readonly name: string;
  readonly file?: string;
  readonly line?: number;
  readonly todo?: string | boolean;
  readonly details: { readonly duration_ms: number; readonly error?: TestError };
}

interface TestError {
  readonly failureType?: string;
  readonly cause?: unknown;
}

/** How many tests of each phase are told with their times, at the end. */
const SLOWEST = 15;
/** How many lines of a failure are told once more at the end, where a log that was cut off has them still. */
const FAILURE_LINES = 25;
const COUNTS = ["tests", "suites", "pass", "fail", "cancelled", "skipped", "todo", "duration_ms"] as const;

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);
// A test that starts `npm` or `node` inherits this run's context otherwise, and its own tests are then not run.
delete process.env.NODE_TEST_CONTEXT;
// What `fairlead serve` keeps for its user goes with the run, and what hundreds of processes would compile each for itself.
const scratch = mkdtempSync(join(tmpdir(), "fairlead-tests-"));
process.env.XDG_STATE_HOME = join(scratch, "state");
process.env.NODE_COMPILE_CACHE = join(scratch, "compiled");
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));

const { filters, namePatterns, forwarded } = readArguments(process.argv.slice(2));
const files = globSync(["packages/*/test/**/*.test.ts", "test/**/*.test.ts"], { exclude: ["**/node_modules/**"] })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
  .sort();
if (files.length === 0) {
  process.stderr.write(`no test file's path contains ${filters.join(" or ") || ".test.ts"}\n`);
  process.exit(2);
}

/** What these see must not be that something else had the processor. */
const LOUD = [
  "test/bench/",
  "test/clean-clone/",
  "test/envoy/swap-of-what-else-names-a-cluster-loses-no-request.test.ts",
  "packages/xds/test/requirements.test.ts",
];
/** These wait as much as they work (for servers that start, or between one swap and the next): beside another nothing idles. */
const PATIENT = [
  "packages/control-plane/test/replicas/",
  "packages/control-plane/test/store/etcd/",
  "test/conformance/faults-of-",
  "test/envoy/",
  "test/grpc/",
  "test/interop/",
  "test/replicas/",
];
const isIn = (starts: readonly string[], file: string) => starts.some((start) => file.startsWith(start));
const phases: readonly Phase[] = [
  {
    name: "quiet",
    files: files.filter((file) => !isIn([...LOUD, ...PATIENT], file)),
    concurrency: Math.max(2, availableParallelism()),
    timeoutMs: 300_000,
  },
  {
    name: "patient",
    files: files.filter((file) => isIn(PATIENT, file) && !isIn(LOUD, file)),
    concurrency: 2,
    timeoutMs: 900_000,
    // Node 24.21 was seen, in a debugger, to wait at the end of such a process for ever (Environment::CleanupHandles) though
    // libuv had neither handles nor requests left and every test had passed.
    forceExit: true,
  },
  {
    name: "loud",
    files: files.filter((file) => isIn(LOUD, file)),
    concurrency: 1,
    timeoutMs: 900_000,
  },
];

const totals = new Map<string, number>();
const took: string[] = [];
const failures: string[] = [];
const report = Readable.from(runPhases()).compose(new spec());
report.pipe(process.stdout, { end: false });
report.on("end", () => {
  if (took.length > 1) process.stdout.write(`\n${took.join("\n")}\n`);
  for (const failure of failures) process.stdout.write(`\n${failure}\n`);
  process.stdout.write(`\n${COUNTS.map((name) => `# ${name} ${totals.get(name) ?? 0}`).join("\n")}\n`);
  const isGreen = totals.get("fail") === 0 && totals.get("cancelled") === 0 && (totals.get("tests") ?? 0) > 0;
  process.exitCode = isGreen ? 0 : 1;
});

async function* runPhases(): AsyncGenerator<TestEvent> {
  for (const phase of phases) {
    if (phase.files.length === 0) continue;
    const startedMs = performance.now();
    const times: (readonly [name: string, ms: number])[] = [];
    // Tests within another are told before it.
    const failed: TestData[] = [];
    const events: AsyncIterable<TestEvent> = run({
      files: [...phase.files],
      concurrency: phase.concurrency,
      timeout: phase.timeoutMs,
      ...(phase.forceExit && { forceExit: true }),
      argv: forwarded,
      testNamePatterns: namePatterns,
    });
    for await (const event of events) {
      if (!isCount(event)) yield event;
      if (event.type !== "test:pass" && event.type !== "test:fail") continue;
      const data = event.data as TestData;
      const { name, details, nesting } = data;
      const isFailure = event.type === "test:fail" && !data.todo && details.error?.failureType !== "subtestsFailed";
      if (isFailure) failed.push(data);
      if (nesting > 0) continue;
      times.push([name, details.duration_ms]);
      failures.push(...failed.splice(0).map((failure) => describe(failure, name)));
    }
    took.push(`${phase.name}: ${seconds(performance.now() - startedMs)} in ${phase.files.length} files`);
    const slowest = times.sort(([, a], [, b]) => b - a).slice(0, SLOWEST);
    took.push(...slowest.map(([name, ms]) => `  ${seconds(ms)} ${name}`));
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

/** What failed, where, and how it began. */
function describe({ name, file, line, details }: TestData, whole: string): string {
  const place = file ? ` (${relative(root, file)}:${line})` : "";
  const cause = details.error?.cause ?? details.error;
  const text = cause instanceof Error ? stackOf(cause) : String(cause);
  const lines = text.split("\n").filter((each) => !/^ +at .*\(?node:/.test(each));
  return [`✖ ${name === whole ? "" : `${whole} > `}${name}${place}`, ...lines.slice(0, FAILURE_LINES)].join("\n  ");
}

/** Without the fields of an assertion, which its message has told. */
function stackOf({ stack, message, cause }: Error): string {
  return (stack ?? message) + (cause === undefined ? "" : `\ncaused by ${inspect(cause)}`);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(0)} s`;
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
