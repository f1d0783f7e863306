// Measures Fairlead beside its peers and writes docs/benchmarks.md: `npm run bench:peers -- [--quick] …`.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { COMPARISON_FORMAT, COMPARISON_VERSION, type Summary } from "../src/comparison/summary.ts";
import { readMachine } from "../src/results/machine.ts";
import type { Result } from "../src/results/result.ts";
import { lateness } from "../src/results/validity.ts";
import type { Built } from "./peers/built.ts";
import { CONTESTANTS, type Contestant, takesPart } from "./peers/contestants.ts";
import { whyNotHere } from "./peers/descriptors.ts";
import { Figures } from "./peers/figures.ts";
import { type Cpus, measure } from "./peers/measure.ts";
import { renderChart, renderPage, withReadmeTable } from "./peers/page.ts";
import { readCpus, readRounds } from "./peers/read-flags.ts";
import { ROWS, type Row, workOf } from "./peers/rows.ts";
import { TARGET_CONTESTANTS, TARGET_ROWS } from "./peers/targets.ts";

const HELP = `npm run bench:peers -- [options]: Fairlead beside its peers, by \`fairlead bench\`

  --quick           two rows in under 10 minutes (default: all). A server takes about 8 s in a row, 20 s with 8,200 streams or
                    10,000 resources and more, 30 s where 500 come a second, a minute with 45,000 or 100,000
  --rounds N        rounds, each with fresh servers, the servers in turn (default: 3)
  --only ID,…       these servers: ${CONTESTANTS.map(({ id }) => id).join(", ")}
  --rows ID,…       these rows: ${ROWS.map(({ id }) => id).join(", ")};
                    targets: those of the table of targets, with the servers that it compares Fairlead with unless --only says others:
                    about 15 minutes a round
  --cpus S,G        CPUs of server and load generator (default: 0,1; none: not bound)
  --out DIR         where the page goes (default: docs; with --only or --rows: .tools/bench)
`;

/** A run that was disturbed is made again, so often. */
const TRIES = 2;

const root = fileURLToPath(new URL("../../..", import.meta.url));
const options = readOptions();

async function main(): Promise<void> {
  const startedAt = new Date();
  const builtById = new Map<string, Built>();
  for (const contestant of options.contestants) {
    tell(`building ${contestant.id}`);
    builtById.set(contestant.id, await contestant.build());
    const built = builtById.get(contestant.id)!;
    if (built.kind === "left-out") tell(`left out: ${contestant.id}: ${built.reason}`);
  }
  const present = options.contestants.filter(({ id }) => builtById.get(id)?.kind === "built");
  const measuredAt = performance.now();
  const figures = new Figures();
  for (let round = 0; round < options.rounds; round++) {
    for (const row of options.rows.filter((one) => whyNotHere(one) === undefined)) {
      for (const contestant of turned(present, round)) {
        if (!takesPart(contestant, row)) continue;
        const built = builtById.get(contestant.id)!;
        if (built.kind === "built") await takeRound(contestant, built.command, row, round, figures);
      }
    }
    // After each: a comparison that is ended early keeps the rounds that are whole.
    write({
      format: COMPARISON_FORMAT,
      formatVersion: COMPARISON_VERSION,
      startedAt: startedAt.toISOString(),
      minutes: Math.ceil((performance.now() - measuredAt) / 60_000),
      rounds: round + 1,
      isQuick: options.isQuick,
      machine: readMachine(),
      ...(options.cpus ? { cpus: options.cpus } : {}),
      contestants: options.contestants.map(({ id }) => {
        const built = builtById.get(id)!;
        return built.kind === "built" ? { id, version: built.version } : { id, leftOut: built.reason };
      }),
      rows: options.rows.map((row) => {
        const notRun = whyNotHere(row);
        return { id: row.id, work: workOf(row), cells: figures.cells(row.id), ...(notRun !== undefined && { notRun }) };
      }),
    });
  }
}

/** One contestant in one row of one round, again if it was disturbed. */
async function takeRound(
  contestant: Contestant,
  command: readonly string[],
  row: Row,
  round: number,
  figures: Figures,
): Promise<void> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const outcome = await measure(contestant, command, row, options.cpus).catch((error: Error) => error);
    const isLast = attempt === TRIES;
    if (outcome instanceof Error) {
      tell(`round ${round + 1}, ${row.id}, ${contestant.id}: failed: ${outcome.message}`);
      if (isLast) figures.remark(row, contestant, `round ${round + 1} gave no result: ${firstLine(outcome.message)}`);
      continue;
    }
    const { kind, reasons } = outcome.verdict;
    tell(
      `round ${round + 1}, ${row.id}, ${contestant.id}: ${kind}${describe(row, outcome)}${reasons.map((one) => `; ${one}`).join("")}`,
    );
    if (kind === "invalid") {
      const late = lateness(outcome);
      const isJustLate = reasons.every((reason) => late.includes(reason));
      if (!isLast && !(isJustLate && row.isBurst)) continue;
      if (!isJustLate) {
        figures.remark(row, contestant, `round ${round + 1} is left out: ${reasons.join("; ")}`);
        return;
      }
    }
    if (kind === "wrong") figures.remark(row, contestant, `round ${round + 1}: wrong answers: ${reasons.join("; ")}`);
    figures.add(row, contestant, outcome);
    return;
  }
}

function describe(row: Row, result: Result): string {
  return row.metrics
    .map(({ metric, title, unit, scale = 1, digits }) => {
      const value = result.metrics[metric];
      return value === undefined ? "" : `, ${title} ${(value / scale).toFixed(digits)} ${unit}`;
    })
    .join("");
}

function write(summary: Summary): void {
  const charts = join(options.out, "benchmarks");
  mkdirSync(charts, { recursive: true });
  writeFileSync(join(charts, "results.json"), `${JSON.stringify(summary, null, 1)}\n`);
  for (const { id, notRun } of summary.rows)
    if (notRun === undefined) writeFileSync(join(charts, `${id}.svg`), renderChart(summary, id));
  const page = renderPage(summary);
  writeFileSync(join(options.out, "benchmarks.md"), page);
  if (options.out === join(root, "docs")) {
    const readme = join(root, "README.md");
    writeFileSync(readme, withReadmeTable(readFileSync(readme, "utf8"), summary));
  }
  tell(`written: ${join(options.out, "benchmarks.md")}`);
}

/** So that no server always runs after the same other one. */
function turned<T>(list: readonly T[], by: number): readonly T[] {
  const at = list.length === 0 ? 0 : (by * 3) % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

function tell(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}

const firstLine = (text: string) => text.split("\n", 1)[0]!.slice(0, 200);

interface Options {
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly contestants: readonly Contestant[];
  readonly rows: readonly Row[];
  readonly cpus?: Cpus;
  readonly out: string;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string", default: "3" },
      only: { type: "string" },
      rows: { type: "string" },
      cpus: { type: "string" },
      out: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  const areTargets = values.rows === "targets";
  const isPart = values.only !== undefined || values.rows !== undefined;
  const cpus = readCpus(values.cpus, usage);
  return {
    isQuick: values.quick,
    rounds: readRounds(values.rounds, usage),
    contestants:
      areTargets && values.only === undefined
        ? CONTESTANTS.filter(({ id }) => TARGET_CONTESTANTS.has(id))
        : choose("--only", values.only, CONTESTANTS),
    rows: areTargets
      ? ROWS.filter(({ id }) => TARGET_ROWS.has(id))
      : choose("--rows", values.rows, ROWS).filter(({ isQuick }) => isQuick || !values.quick || values.rows),
    ...(cpus ? { cpus } : {}),
    out: values.out ?? join(root, isPart ? ".tools/bench" : "docs"),
  };
}

function choose<T extends { readonly id: string }>(
  flag: string,
  text: string | undefined,
  all: readonly T[],
): readonly T[] {
  if (text === undefined) return all;
  const wanted = text.split(",");
  const unknown = wanted.find((id) => !all.some((one) => one.id === id));
  if (unknown !== undefined) usage(`${flag}: there is no ${unknown}; there are ${all.map(({ id }) => id).join(", ")}`);
  return all.filter(({ id }) => wanted.includes(id));
}

function usage(message: string): never {
  process.stderr.write(`${message}\n\n${HELP}`);
  process.exit(2);
}

// Last: what it uses is defined above.
await main();
