import { readFileSync } from "node:fs";
import type { ClientTls } from "@fairlead/xds";
import { type Case, LEVELS, type Level } from "../conformance/case.ts";
import type { Driver } from "../conformance/drivers/driver.ts";
import { execDriver } from "../conformance/drivers/exec.ts";
import { fairleadDriver } from "../conformance/drivers/fairlead.ts";
import { httpDriver } from "../conformance/drivers/http.ts";
import { DEFAULT_TIMINGS, type Timings } from "../conformance/options.ts";
import { jsonReport } from "../conformance/report/json.ts";
import { junitReport } from "../conformance/report/junit.ts";
import { markdownReport } from "../conformance/report/markdown.ts";
import { faultsOf, nameOf, type Report } from "../conformance/report/summarize.ts";
import { textReport } from "../conformance/report/text.ts";
import { type Outcome, runCases } from "../conformance/run.ts";
import { SUITE } from "../conformance/suite.ts";
import { FairleadError } from "../errors.ts";
import { createAdminClient } from "./admin-client.ts";
import { formatTable } from "./table.ts";

/** Options of `fairlead conformance`. */
export interface ConformanceOptions {
  readonly target?: string;
  readonly rest?: string;
  readonly driver: "fairlead" | "http" | "exec";
  readonly admin: string;
  readonly put?: string;
  readonly delete?: string;
  readonly method: string;
  readonly command?: string;
  readonly only?: readonly string[];
  readonly level: Level;
  readonly strict?: boolean;
  readonly concurrency: number;
  readonly timeout: number;
  readonly quiet: number;
  readonly timing?: readonly string[];
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly format: "text" | "json" | "junit" | "markdown";
  readonly verbose?: boolean;
  readonly list?: boolean;
}

/** `fairlead conformance`: tries an xDS server, and reports by requirement. Fails where the server does. */
export async function conformance(options: ConformanceOptions): Promise<void> {
  const cases = chosen(options.only);
  const levels = LEVELS.slice(0, LEVELS.indexOf(options.level) + 1);
  if (options.list) {
    list(cases);
    return;
  }
  const { target } = options;
  if (target === undefined) throw new FairleadError("usage", "--target HOST:PORT says which xDS server to try");
  const tls = readTls(options);
  const timings = readTimings(options.timing ?? []);
  const driver = createDriver(options);
  const progress = createProgress(cases);
  try {
    const outcomes = await runCases({
      target,
      restTarget: options.rest,
      tls,
      cases,
      driver,
      timings,
      concurrency: options.concurrency,
      timeoutMs: options.timeout,
      quietMs: options.quiet,
      onOutcome: progress.tick,
    });
    progress.end();
    conclude({ target, driver: driver.title, outcomes, levels, isStrict: options.strict === true }, options);
  } finally {
    progress.end();
    await driver.close();
  }
}

function conclude(report: Report, { format, verbose = false }: ConformanceOptions): void {
  const write = {
    text: (it: Report) => textReport(it, { verbose }),
    json: jsonReport,
    junit: junitReport,
    markdown: markdownReport,
  };
  process.stdout.write(write[format](report));
  const faults = faultsOf(report);
  if (faults.length === 0) return;
  const ids = [...new Set(faults.map(({ case: one }) => one.id))].join(",");
  throw new FairleadError(
    "conformance-failed",
    `${faults.length} of ${report.outcomes.length} trials failed at level ${report.levels.join(", ")}; ` +
      `--only ${ids} --verbose shows what was said`,
  );
}

/** The cases of these requirements, or whose name holds such a text. */
function chosen(only: readonly string[] | undefined): readonly Case[] {
  if (only === undefined) return SUITE;
  const wanted = only.flatMap((text) => text.split(",")).filter(Boolean);
  const ids = new Set(SUITE.map(({ id }) => id));
  const unknown = wanted.find((text) => !ids.has(text.toUpperCase()));
  if (unknown !== undefined) {
    throw new FairleadError("usage", `--only ${unknown}: no requirement of that id; there are ${[...ids].join(", ")}`);
  }
  const upper = wanted.map((text) => text.toUpperCase());
  return SUITE.filter(({ id }) => upper.includes(id));
}

function list(cases: readonly Case[]): void {
  const rows = cases.map(({ id, level, variants, says, source }) => [id, level, variants.join(" "), says, source]);
  process.stdout.write(`${formatTable(["ID", "LEVEL", "HOW", "WHAT", "SOURCE"], rows)}\n`);
}

function createDriver({ driver, admin, put, delete: deleteUrl, method, command }: ConformanceOptions): Driver {
  if (driver === "http") {
    if (put === undefined) throw new FairleadError("usage", "--driver http needs --put URL, with {node} in it");
    return httpDriver({ putUrl: put, deleteUrl, method });
  }
  if (driver === "exec") {
    if (command === undefined)
      throw new FairleadError("usage", "--driver exec needs --command CMD, the program to run");
    return execDriver(command);
  }
  return fairleadDriver(createAdminClient(admin).url);
}

function readTls({ ca, cert, key }: ConformanceOptions): ClientTls | undefined {
  if ((cert === undefined) !== (key === undefined)) throw new FairleadError("usage", "--cert and --key go together");
  if (cert !== undefined && ca === undefined) {
    throw new FairleadError("usage", "--cert and --key need --ca, the authority to trust");
  }
  if (ca === undefined) return undefined;
  return {
    ca: readPem(ca),
    ...(cert !== undefined && { cert: readPem(cert) }),
    ...(key !== undefined && { key: readPem(key) }),
  };
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new FairleadError("usage", `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function readTimings(texts: readonly string[]): Timings {
  const timings: Record<string, number> = { ...DEFAULT_TIMINGS };
  for (const text of texts) {
    const [name = "", value = ""] = text.split("=");
    if (!Object.hasOwn(timings, name) || !/^\d+$/.test(value)) {
      const names = Object.keys(timings).join(", ");
      throw new FairleadError("usage", `--timing ${text}: expected NAME=MS, with NAME one of ${names}`);
    }
    timings[name] = Number(value);
  }
  return timings as unknown as Timings;
}

/** How far it is, on a terminal. */
function createProgress(cases: readonly Case[]) {
  const all = cases.reduce((sum, { variants }) => sum + variants.length, 0);
  let done = 0;
  let isOver = !process.stderr.isTTY;
  return {
    tick(outcome: Outcome) {
      done++;
      if (!isOver) process.stderr.write(`\r\x1b[K${done}/${all} ${nameOf(outcome).slice(0, 70)}`);
    },
    end() {
      if (!isOver) process.stderr.write("\r\x1b[K");
      isOver = true;
    },
  };
}
