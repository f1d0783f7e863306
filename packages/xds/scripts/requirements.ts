// The table of protocol.md's requirements: which tests show each, which seeded fault violates it, which tests caught that.
// Made from what ran: `node packages/xds/scripts/requirements.ts [--write] [ID…]` (docs/requirements.md; only the faults of
// these ids). `npm test` confirms what the table says, in a quarter of the time.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { type Fault, seed } from "../test/faults/fault.ts";
import { FAULTS } from "../test/faults/faults.ts";
import { ALL_TESTS, inFolder, runSuite, testsFor } from "../test/faults/run-suite.ts";
import { idsOf, type TestResult } from "../test/faults/test-result.ts";

/** The requirements that are built so far. */
const IDS = [
  ...["S1", "S2", "S3", "S4", "S5", "S6"],
  ...["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9"],
  ...["W1", "W2", "W3", "W4", "W5", "W6", "W7"],
  ...["D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8"],
  ...["O1", "O2", "O3", "O4", "O5", "O6"],
];

/** What became of one fault. */
export interface Outcome {
  readonly fault: Fault;
  /** Failed tests that cite the fault's requirement. */
  readonly caughtBy: readonly string[];
  /** Other tests that failed, of how many that ran. */
  readonly others: number;
  readonly othersRun: number;
  /** The fault could not be seeded, or nothing ran to its end. */
  readonly trouble: string | undefined;
}

/** The table, as it was measured. */
export interface Requirements {
  readonly testsById: ReadonlyMap<string, readonly string[]>;
  readonly outcomes: readonly Outcome[];
  /** What is missing, a sentence each; empty: nothing. */
  readonly gaps: readonly string[];
}

/** Runs every test as it is, then every test that may notice with each fault of these requirements. */
export async function measureRequirements(ids: readonly string[] = IDS): Promise<Requirements> {
  return await withCompileCache(async (compileCache) => {
    const results = await runSuite(ALL_TESTS, compileCache);
    const outcomes = await tryFaults(ids, (index) => tryFault(index, testsFor(FAULTS[index]!), compileCache));
    const testsById = new Map(ids.map((id) => [id, testsOf(id, results)]));
    return { testsById, outcomes, gaps: [...redOf(results), ...gapsIn(testsById, outcomes), ...bluntIn(outcomes)] };
  });
}

/**
 * Runs every test as it is, then with each fault the file of the test that the table names, which must fail by it.
 * @returns what is wrong, a sentence each
 */
export async function confirmRequirements(table: string): Promise<readonly string[]> {
  const namedBySays = readTable(table);
  const gone = [...namedBySays.keys()].filter((says) => !FAULTS.some((fault) => fault.says === says));
  return await withCompileCache(async (compileCache) => {
    const sound = runSuite(ALL_TESTS, compileCache);
    const outcomes = await tryFaults(IDS, async (index) => {
      const fault = FAULTS[index]!;
      const all = testsFor(fault);
      if (all.length === 1) return await tryFault(index, all, compileCache);
      const named = (await sound).find(({ name }) => name === namedBySays.get(fault.says));
      return named
        ? await tryFault(index, [inFolder(named.file)], compileCache)
        : neverTried(fault, "not in the table");
    });
    const results = await sound;
    const testsById = new Map(IDS.map((id) => [id, testsOf(id, results)]));
    return [
      ...redOf(results),
      ...gapsIn(testsById, outcomes),
      ...outcomes
        .filter(({ fault, caughtBy }) => caughtBy.length > 0 && !caughtBy.includes(namedBySays.get(fault.says) ?? ""))
        .map(({ fault }) => `the test that the table names for "${fault.says}" does not catch it: measure it anew`),
      ...gone.map((says) => `the table has "${says}", which is no fault any more: measure it anew`),
    ];
  });
}

async function withCompileCache<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-requirements-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function tryFaults(ids: readonly string[], tryOne: (index: number) => Promise<Outcome>): Promise<Outcome[]> {
  const queue = [...FAULTS.keys()].filter((index) => ids.includes(FAULTS[index]!.id));
  // Those of one file first: they take nothing but the processor, and need not know which test is where.
  const inOrder = [
    ...queue.filter((index) => testsFor(FAULTS[index]!).length === 1),
    ...queue.filter((index) => testsFor(FAULTS[index]!).length > 1),
  ].values();
  const outcomes: Outcome[] = [];
  const worker = async () => {
    for (const index of inOrder) outcomes.push(await tryOne(index));
  };
  // One more than there are cores: tests wait, too (two of them left a third of two cores idle).
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) + 1 }, worker));
  return outcomes.sort((a, b) => FAULTS.indexOf(a.fault) - FAULTS.indexOf(b.fault));
}

/** The table in Markdown. */
export function printRequirements({ testsById, outcomes }: Requirements): string {
  const rows = [...testsById].flatMap(([id, tests]) => {
    const own = outcomes.filter(({ fault }) => fault.id === id);
    return own.map(({ fault, caughtBy }, index) => {
      const shown = index === 0 ? [id, `${tests.length}`] : ["", ""];
      return `| ${[...shown, fault.says, caughtBy[0] ?? "**nothing**", `${caughtBy.length}`].join(" | ")} |`;
    });
  });
  return ["| id | tests | seeded fault | caught by, first | tests |", "|---|---|---|---|---|", ...rows].join("\n");
}

/** From what {@link printRequirements} printed: for each fault, by what it says, the test that caught it first. */
function readTable(table: string): ReadonlyMap<string, string> {
  const rows = table.split("\n").filter((line) => line.startsWith("|") && !/^\|(---| id )/.test(line));
  return new Map(
    rows.map((row) => {
      const [, , says = "", caughtBy = ""] = row.slice(2, -2).split(" | ");
      return [says, caughtBy];
    }),
  );
}

function neverTried(fault: Fault, trouble: string): Outcome {
  return { fault, caughtBy: [], others: 0, othersRun: 0, trouble };
}

async function tryFault(index: number, files: readonly string[], compileCache: string): Promise<Outcome> {
  const fault = FAULTS[index]!;
  try {
    seed(fault, readFileSync(join(import.meta.dirname, "../src", fault.file), "utf8"));
  } catch (error) {
    return neverTried(fault, (error as Error).message);
  }
  const results = await runSuite(files, compileCache, index);
  const citing = results.filter((result) => idsOf(result).includes(fault.id));
  if (citing.length === 0) return neverTried(fault, "it does not load, or hangs");
  const others = results.filter((result) => !idsOf(result).includes(fault.id));
  const failed = (result: TestResult) => !result.isPassed;
  return {
    fault,
    caughtBy: citing.filter(failed).map(({ name }) => name),
    others: others.filter(failed).length,
    othersRun: others.length,
    trouble: undefined,
  };
}

function* gapsIn(testsById: Requirements["testsById"], outcomes: readonly Outcome[]): Iterable<string> {
  for (const [id, tests] of testsById) {
    if (tests.length === 0) yield `${id} has no test`;
    if (!outcomes.some(({ fault }) => fault.id === id)) yield `${id} has no fault`;
  }
  for (const { fault, caughtBy, others, trouble } of outcomes) {
    const what = `the fault of ${fault.id}, "${fault.says}"`;
    if (trouble !== undefined) yield `${what}: ${trouble}`;
    else if (caughtBy.length === 0) yield `${what}, is caught by no test of it (${others} others fail)`;
  }
}

/** Faults that most tests die of, whatever these are for. */
function* bluntIn(outcomes: readonly Outcome[]): Iterable<string> {
  for (const { fault, others, othersRun } of outcomes) {
    const what = `the fault of ${fault.id}, "${fault.says}"`;
    if (others > othersRun / 2) yield `${what}, makes ${others} of ${othersRun} other tests fail: it shows nothing`;
  }
}

function redOf(results: readonly TestResult[]): string[] {
  return results.filter(({ isPassed }) => !isPassed).map(({ name }) => `without any fault, this fails: ${name}`);
}

function testsOf(id: string, results: readonly TestResult[]): string[] {
  return results.filter((result) => idsOf(result).includes(id)).map(({ name }) => name);
}

if (import.meta.main) {
  const ids = process.argv.slice(2).filter((argument) => IDS.includes(argument));
  const requirements = await measureRequirements(ids.length > 0 ? ids : IDS);
  const table = printRequirements(requirements);
  process.stdout.write(`${table}\n\n${requirements.gaps.map((gap) => `- ${gap}\n`).join("")}`);
  if (process.argv.includes("--write")) {
    const head = "# Requirements\n\nMade by `node packages/xds/scripts/requirements.ts --write` from what it ran.\n\n";
    writeFileSync(join(import.meta.dirname, "../../../docs/requirements.md"), `${head}${table}\n`);
  }
  process.exitCode = requirements.gaps.length > 0 ? 1 : 0;
}
