// Says where a server's CPU time goes under load, by category: `npm run bench:profile -- [--rows …] [--main FILE]`.
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { medianOf } from "../src/results/compare.ts";
import { CONTESTANTS } from "./peers/contestants.ts";
import { NODE } from "./peers/node-peer.ts";
import { readCpus, readRounds } from "./peers/read-flags.ts";
import { ROWS, type Row } from "./peers/rows.ts";
import { CATEGORIES } from "./profile/categories.ts";
import { type Profiled, takeProfile } from "./profile/take.ts";

const DEFAULT_ROWS = "saturation-10kb-all,thousand-delta";
const HELP = `npm run bench:profile -- [options]: where the CPU time of \`fairlead serve\` goes, from profiles of the live server

  --rows ID,…    the load of these rows of bench:peers (default: ${DEFAULT_ROWS})
  --rounds N     the median of so many (default: 1)
  --main FILE    the command line's main.ts of another clone, to compare with
  --cpus S,G     CPUs of server and load generator (default: 0,1; none: not bound)
  --out DIR      where the profiles go, for \`go tool pprof\` (default: .tools/profiles)
`;

const root = fileURLToPath(new URL("../../..", import.meta.url));
const options = readOptions();
const fairlead = CONTESTANTS.find(({ id }) => id === "fairlead")!;

mkdirSync(options.out, { recursive: true });
const lines: string[][] = [
  ["", ...options.rows.map(({ id }) => id)],
  ["---", ...options.rows.map(() => "---:")],
];
const found: Profiled[][] = [];
for (const row of options.rows) {
  const rounds: Profiled[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    const taken = await takeProfile(fairlead, [...NODE, options.main], row, options.cpus);
    const file = join(options.out, `${row.id}-${round}.pb.gz`);
    writeFileSync(file, taken.profile);
    process.stderr.write(`${file}: ${taken.cpuUsPerPush.toFixed(1)} µs a push\n`);
    rounds.push(taken);
  }
  found.push(rounds);
}
const median = (rounds: readonly Profiled[], of: (one: Profiled) => number) =>
  medianOf(rounds.map(of).sort((a, b) => a - b));
for (const category of CATEGORIES) {
  const cells = found.map((rounds) => {
    const us = median(rounds, ({ shares, cpuUsPerPush }) => shares[category] * cpuUsPerPush);
    return `${us.toFixed(1)} µs, ${(100 * median(rounds, ({ shares }) => shares[category])).toFixed(0)} %`;
  });
  lines.push([category, ...cells]);
}
lines.push([
  "a push and its ACK",
  ...found.map((rounds) => `${median(rounds, (one) => one.cpuUsPerPush).toFixed(1)} µs`),
]);
process.stdout.write(`${lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`);

function readOptions() {
  const { values } = parseArgs({
    options: {
      rows: { type: "string", default: DEFAULT_ROWS },
      rounds: { type: "string", default: "1" },
      main: { type: "string", default: join(root, "packages/control-plane/src/cli/main.ts") },
      cpus: { type: "string" },
      out: { type: "string", default: join(root, ".tools/profiles") },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  return {
    rounds: readRounds(values.rounds, usage),
    rows: values.rows.split(",").map(rowOf),
    main: resolve(values.main),
    out: resolve(values.out),
    cpus: readCpus(values.cpus, usage),
  };
}

/** Whatever lasts: a profile takes some seconds of load. */
function rowOf(id: string): Row {
  const row = ROWS.find((one) => one.id === id);
  const lasting = ROWS.filter(({ scenario }) => "duration" in scenario).map((one) => one.id);
  if (!row || !lasting.includes(id)) usage(`--rows: there is no ${id}; there are ${lasting.join(", ")}`);
  return row!;
}

function usage(message: string): never {
  process.stderr.write(`${message}\n\n${HELP}`);
  process.exit(2);
}
