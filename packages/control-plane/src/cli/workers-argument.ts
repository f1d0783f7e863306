import { InvalidArgumentError } from "commander";
import { MOST_WORKERS } from "../xds/workers-by-cores.ts";

/** Takes an option's text for a number of threads. */
export function workersArgument(text: string): number {
  const count = Number(text);
  if (text.trim() !== "" && Number.isInteger(count) && count >= 0 && count <= MOST_WORKERS) return count;
  throw new InvalidArgumentError(`Expected a whole number from 0 to ${MOST_WORKERS}.`);
}
