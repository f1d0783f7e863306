import { BenchError } from "../errors.ts";
import type { DriverPlan, Workload } from "../plan/plan.ts";
import { markOf } from "../workload/mark.ts";
import { changeContent } from "./change-content.ts";
import type { Driver } from "./driver.ts";
import { startLineProgram } from "./line-program.ts";

/** Lines that are not answered, at a time. */
const AT_ONCE = 4;

/**
 * A program that runs as long as the run does and makes the changes: `{"id":1,"setup":{"resources":[…]}}`, then
 * `{"id":2,"change":{"sequence","mark","indices","names","resources"}}` for each, at last `{"id":9,"teardown":{}}`, each a line on its
 * standard input that it answers (see {@link startLineProgram}). Resources are ProtoJSON with `@type`.
 */
export function execDriver({ command }: Extract<DriverPlan, { kind: "exec" }>, workload: Workload): Driver {
  const program = startLineProgram(command, (message) => new BenchError("driver-failed", message));
  const content = changeContent(workload);
  const ask = async (members: string) => {
    const { unsupported } = await program.ask(members);
    if (unsupported === undefined) return;
    throw new BenchError("driver-failed", `the program \`${command}\` can't do that: ${unsupported}`);
  };
  return {
    atOnce: AT_ONCE,
    setup: () => ask(`"setup":{"resources":[${content.resourcesOf({ sequence: 0, resources: "all" })}]}`),
    change(change) {
      const indices = content.indicesOf(change);
      const head = { sequence: change.sequence, mark: markOf(change.sequence), indices };
      const named = JSON.stringify({ ...head, names: indices.map((index) => content.nameOf(index)) });
      return ask(`"change":${named.slice(0, -1)},"resources":[${content.resourcesOf(change)}]}`);
    },
    async teardown() {
      try {
        await program.ask('"teardown":{}');
      } finally {
        await program.close();
      }
    },
  };
}
