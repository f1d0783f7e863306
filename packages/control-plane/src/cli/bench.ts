import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  BenchError,
  compareResults,
  createProgress,
  type DemandFlags,
  type Entry,
  formatCapacityReport,
  formatComparison,
  formatPlan,
  formatResult,
  type Plan,
  type PlanFlags,
  planFor,
  type Result,
  readMeasurements,
  readPlan,
  readResult,
  renderReport,
  runPlan,
  summarize,
  titleOf,
} from "@fairlead/bench";
import { FairleadError } from "../errors.ts";
import { endedInOrder, told } from "./bench-run.ts";
import { writeWhole } from "./write-whole.ts";

/** Exit codes of runs that came to their end. */
const EXIT_CODES_OF_VERDICTS: Readonly<Record<Result["verdict"]["kind"], number>> = {
  passed: 0,
  missed: 99,
  wrong: 1,
  invalid: 1,
  aborted: 105,
};

/** Options of `fairlead bench run`, beside those of the plan. */
export interface BenchRunOptions extends PlanFlags {
  readonly out?: string;
  readonly json?: string;
  readonly html?: string;
  readonly quiet?: boolean;
}

/** `fairlead bench run`: runs a plan, prints a summary, and leaves what is asked for. */
export async function benchRun(file: string | undefined, options: BenchRunOptions): Promise<void> {
  await told(async () => {
    const { out, json, html, quiet, ...flags } = options;
    const plan = readPlan(file, flags);
    const outputs = outputsOf({ out, json, html });
    await makeFolders(outputs); // before the run, not after an hour of it
    const isPiped = json === "-";
    const deliver = async (result: Result) => {
      const written = await write(result, outputs);
      if (isPiped) process.stdout.write(formatResult(result));
      const stream = isPiped ? process.stderr : process.stdout;
      stream.write(summarize(result, written, stream));
    };
    const result = await runUntilSignal(plan, quiet === true).catch(async (error) => {
      if (error instanceof BenchError && error.partial) await deliver(error.partial);
      throw error;
    });
    await deliver(result);
    process.exitCode = EXIT_CODES_OF_VERDICTS[result.verdict.kind];
  });
}

/** `fairlead bench check`: prints a plan with all its defaults, or what is wrong with it. */
export async function benchCheck(
  file: string | undefined,
  { format, ...flags }: PlanFlags & { readonly format: "yaml" | "json" },
): Promise<void> {
  await told(async () => {
    const plan = readPlan(file, flags);
    process.stdout.write(format === "json" ? `${JSON.stringify(plan, null, 2)}\n` : formatPlan(plan));
  });
}

/** `fairlead bench compare`: results side by side. */
export async function benchCompare(
  files: readonly string[],
  { format }: { readonly format: "text" | "json" | "markdown" },
): Promise<void> {
  await told(async () => {
    process.stdout.write(formatComparison(compareResults(await readEntries(files)), format));
  });
}

/** `fairlead bench report`: the report of a result, or of several side by side. */
export async function benchReport(files: readonly string[], { output }: { readonly output: string }): Promise<void> {
  await told(async () => {
    await writeWhole(output, renderReport(await readEntries(files)));
    process.stderr.write(`written: ${output}\n`);
  });
}

/** Options of `fairlead bench plan`, beside those of the demand. */
export interface BenchPlanOptions extends DemandFlags {
  readonly from: readonly string[];
  readonly fit?: readonly string[];
  readonly check?: readonly string[];
  readonly output: "text" | "json";
}

/** `fairlead bench plan`: what so many proxies take, by what was measured. */
export async function benchPlan({ from, fit, check, output, ...flags }: BenchPlanOptions): Promise<void> {
  await told(async () => {
    const report = planFor(flags, {
      measurements: await measurementsIn(from),
      ...(fit && { fit }),
      ...(check && { others: await measurementsIn(check) }),
    });
    process.stdout.write(output === "json" ? `${JSON.stringify(report, null, 2)}\n` : formatCapacityReport(report));
  });
}

async function measurementsIn(files: readonly string[]) {
  const read = await Promise.all(files.map(async (file) => readMeasurements(await textOf(file), file)));
  return read.flat();
}

async function runUntilSignal(plan: Plan, isQuiet: boolean): Promise<Result> {
  const progress = isQuiet ? undefined : createProgress(titleOf(plan));
  const say = (text: string) => (progress ? progress.say(text) : process.stderr.write(`${text}\n`));
  try {
    return await endedInOrder(
      (signal) => runPlan(plan, { signal, ...(progress && { progress }), onWarning: say }),
      say,
    );
  } finally {
    progress?.end();
  }
}

interface Outputs {
  readonly json: readonly string[];
  readonly html: readonly string[];
}

/** Files that the result and its report go to. */
function outputsOf({ out, json, html }: { readonly [name in "out" | "json" | "html"]: string | undefined }): Outputs {
  const files = (inFolder: string, named: string | undefined) =>
    [out === undefined ? undefined : join(out, inFolder), named].filter((file) => file !== undefined);
  return { json: files("result.json", json === "-" ? undefined : json), html: files("report.html", html) };
}

async function makeFolders({ json, html }: Outputs): Promise<void> {
  for (const file of [...json, ...html]) {
    try {
      await mkdir(dirname(file), { recursive: true });
    } catch (cause) {
      throw new FairleadError("usage", `cannot write ${file}: ${(cause as Error).message}`, { cause });
    }
  }
}

async function write(result: Result, { json, html }: Outputs): Promise<readonly string[]> {
  for (const file of json) await writeWhole(file, formatResult(result));
  for (const file of html) await writeWhole(file, renderReport([{ result, label: result.name }]));
  return [...json, ...html];
}

function readEntries(files: readonly string[]): Promise<Entry[]> {
  return Promise.all(files.map(async (file) => ({ result: await readFileOf(file), label: file })));
}

async function readFileOf(file: string): Promise<Result> {
  return readResult(await textOf(file), file);
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new BenchError("result-unreadable", `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
