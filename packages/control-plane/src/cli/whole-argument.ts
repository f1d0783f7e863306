import { InvalidArgumentError } from "commander";

/** Takes an option's text for a whole number within bounds, or says what it may be. */
export function wholeArgument(min: number, max: number): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (text.trim() !== "" && Number.isInteger(count) && count >= min && count <= max) return count;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}
