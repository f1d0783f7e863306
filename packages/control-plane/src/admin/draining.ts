import { FairleadError } from "../errors.ts";

/** What is written now would be lost with this process, or heard by nobody. */
export function draining(): FairleadError {
  return new FairleadError("draining", "This control plane is going down: nothing was changed. Ask the next one.");
}
