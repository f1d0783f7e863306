import { InvalidArgumentError } from "commander";

/** The most worker threads that may be asked for. */
const MOST = 64;

/** Takes an option's text for a number of threads. */
export function workersArgument(text: string): number {
  const count = Number(text);
  if (text.trim() !== "" && Number.isInteger(count) && count >= 0 && count <= MOST) return count;
  throw new InvalidArgumentError(`Expected a whole number from 0 to ${MOST}.`);
}
