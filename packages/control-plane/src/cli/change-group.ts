import type { WriteResult } from "../admin/schemas/resources.ts";
import { FairleadError } from "../errors.ts";
import type { Fault } from "../validation/fault.ts";
import type { AdminClient } from "./admin-client.ts";
import { countOf } from "./count-of.ts";
import { formatFaults, type ResourceFiles } from "./read-resource-files.ts";

/** What is to become of a group. */
export interface GroupChange {
  readonly group: string;
  readonly files: ResourceFiles;
  /** Whether what the API manages of the group and the files do not hold is to be removed. */
  readonly prune: boolean;
  readonly allowEmpty: boolean;
}

/** How a change is asked for. */
export interface ChangeRequest {
  readonly dryRun: boolean;
  /** The revision of the group that the change is for, 0: there is to be no such group. Default: whatever is there. */
  readonly revision?: number;
  readonly author?: string | undefined;
  readonly reason?: string | undefined;
}

/**
 * Asks the control plane for a change of a group, with all faults told where they are in the files.
 *
 * @throws FairleadError as the admin API answers; `precondition-failed` with what to do
 */
export async function changeGroup(
  client: AdminClient,
  change: GroupChange,
  request: ChangeRequest,
): Promise<WriteResult> {
  const { group, files, prune, allowEmpty } = change;
  const root = prune ? "/resources" : "/upsert";
  const path = `/v1/groups/${encodeURIComponent(group)}/resources`;
  const query = {
    dryRun: request.dryRun ? "true" : undefined,
    allowEmpty: allowEmpty ? "true" : undefined,
    author: request.author,
    reason: request.reason,
  };
  try {
    const result = await client.send<WriteResult>(prune ? "PUT" : "PATCH", path, {
      body: { [root.slice(1)]: files.resources },
      query,
      headers: conditionOf(request.revision),
    });
    if (!result.warnings) return result;
    return { ...result, warnings: await files.locate(result.warnings as Fault[], root) };
  } catch (error) {
    if (!(error instanceof FairleadError)) throw error;
    if (error.code === "precondition-failed") throw movedOn(group, request, error);
    if (error.faults.length === 0) throw error;
    throw await inFiles(error, files, root);
  }
}

function conditionOf(revision: number | undefined): Record<string, string> {
  if (revision === undefined) return {};
  return revision === 0 ? { "if-none-match": "*" } : { "if-match": `"${revision}"` };
}

function movedOn(group: string, { revision }: ChangeRequest, { members }: FairleadError): FairleadError {
  const was = revision ? `was at revision ${revision}` : "did not exist";
  const is = members.revision === undefined ? "is gone now" : `is at ${String(members.revision)} now`;
  const message =
    `somebody else changed group ${group} meanwhile: it ${was} when the difference was made, and ${is}. ` +
    "Nothing was changed: run the command again to see the difference anew";
  return new FairleadError("precondition-failed", message, { members });
}

async function inFiles(error: FairleadError, files: ResourceFiles, root: string): Promise<FairleadError> {
  const faults = await files.locate(error.faults, root);
  const { faultCount = faults.length } = error.members as { faultCount?: number };
  const more = faultCount > faults.length ? `\n  and ${faultCount - faults.length} more` : "";
  const title = countOf(faultCount, "fault");
  const message = `${title}, nothing was changed (${error.code}):\n${formatFaults(faults)}${more}`;
  return new FairleadError(error.code, message, { faults });
}
