import { FairleadError } from "../errors.ts";
import { createAdminClient } from "./admin-client.ts";
import { type ChangeOptions, formatPlan, isOfNewGroup, printJson, readChange } from "./apply.ts";
import { changeGroup } from "./change-group.ts";

/** Exit code of a difference, as that of `diff`; trouble of whatever kind is 2. */
const DIFFERENT = 1;
const TROUBLE = 2;

/** `fairlead diff`: shows what `fairlead apply` would change, and says by its exit code whether that is anything. */
export async function diff(files: readonly string[], options: ChangeOptions): Promise<void> {
  try {
    const client = createAdminClient(options.admin);
    const found = await changeGroup(client, await readChange(files, options), { dryRun: true });
    const { group } = options;
    if (options.output === "json") printJson({ group, isNewGroup: isOfNewGroup(found), ...found });
    else process.stdout.write(`${await formatPlan(client, group, found)}\n`);
    if (found.changed) process.exitCode = DIFFERENT;
  } catch (error) {
    // 1 is an answer here: what went wrong must not look like it.
    const { code, message, faults } = error instanceof FairleadError ? error : defect(error);
    throw new FairleadError(code, message, { faults, cause: error, exitCode: TROUBLE });
  }
}

function defect(error: unknown): FairleadError {
  const what = error instanceof Error ? error.stack : String(error);
  return new FairleadError("defect", `a defect in fairlead: ${what}`, { cause: error });
}
