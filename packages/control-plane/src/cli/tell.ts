import { paint } from "./colours.ts";

/** Tells an error on standard error, in one piece. */
export function tell(message: string): void {
  process.stderr.write(`${paint("red", "error:", process.stderr)} ${message}\n`);
}
