import type { MissingReplica } from "../replicas/ask-others.ts";
import { paint } from "./colours.ts";
import { printable } from "./table.ts";

/** Says of which replicas a list knows nothing, a line each. */
export function missingLines(missing: readonly MissingReplica[]): string[] {
  return missing.map(({ replica, reason }) => {
    return `${paint("red", printable(`${replica}: did not answer, so what it holds is missing:`))} ${printable(reason)}`;
  });
}
