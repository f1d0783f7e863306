import { startLineProgram } from "@fairlead/bench";
import { FairleadError } from "../../errors.ts";
import { Unsupported } from "../mismatch.ts";
import type { Driver } from "./driver.ts";

/**
 * Sets the state through a program that runs as long as the suite does. A change is a line of JSON on its standard input,
 * `{"id":1,"set":{node,version,resources}}` or `{"id":2,"forget":{node}}`; it answers each, in any order, by a line
 * `{"id":1}` on its standard output once the server has taken it, else with `"error"` or `"unsupported"`, a text.
 * Its standard error goes to ours. It is to end when its standard input does.
 */
export function execDriver(command: string): Driver {
  const program = startLineProgram(command, (message) => new FairleadError("driver-failed", message));
  return {
    title: `exec: ${command}`,
    async set(state) {
      const { unsupported } = await program.ask(`"set":${JSON.stringify(state)}`);
      if (unsupported !== undefined) throw new Unsupported(`the driver can't set that: ${unsupported}`);
    },
    async forget(node) {
      const { unsupported } = await program.ask(`"forget":${JSON.stringify({ node })}`);
      return unsupported === undefined;
    },
    close: () => program.close(),
  };
}
