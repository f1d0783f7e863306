import { FairleadError } from "../errors.ts";

/** The error of a group that is not there. */
export function groupUnknown(group: string): FairleadError {
  return new FairleadError(
    "group-unknown",
    `There is no group ${JSON.stringify(group)}; 'fairlead get groups' (GET /v1/groups) lists those there are.`,
  );
}
