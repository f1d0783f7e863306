import { availableParallelism } from "node:os";
import type { Cpus } from "./measure.ts";

/** Ends the program with its help, and a message of what is wrong. */
type Usage = (message: string) => never;

/** Reads `--rounds`. */
export function readRounds(text: string, usage: Usage): number {
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1) return usage(`--rounds: expected a number from 1, got ${text}`);
  return rounds;
}

/** Reads `--cpus`; left out: 0 and 1 where programs can be bound to CPUs and there are two, otherwise none. */
export function readCpus(text: string | undefined, usage: Usage): Cpus | undefined {
  if (text === "none") return undefined;
  if (text === undefined && (process.platform !== "linux" || availableParallelism() < 2)) {
    process.stderr.write("server and load generator are not bound to CPUs: that takes Linux and two of them\n");
    return undefined;
  }
  const [server, generator, ...more] = (text ?? "0,1").split(",");
  if (server && generator && more.length === 0) return { server, generator };
  return usage(`--cpus: expected two CPUs such as 0,1, or none, got ${text}`);
}
