import { InvalidArgumentError } from "commander";
import { parseHostPort } from "../config/host-port.ts";

/** Takes an option's text for an address, or says how one looks. */
export function addressArgument(text: string): string {
  if (parseHostPort(text)) return text;
  throw new InvalidArgumentError("Expected HOST:PORT, for example 127.0.0.1:18000.");
}
