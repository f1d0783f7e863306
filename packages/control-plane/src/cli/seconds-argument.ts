import { InvalidArgumentError } from "commander";

/** Takes an option's text for seconds, `30` or `1.5`, or says how they look. */
export function secondsArgument(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && Number.isFinite(seconds) && seconds > 0) return seconds;
  throw new InvalidArgumentError("Expected seconds without a unit, for example 30.");
}
