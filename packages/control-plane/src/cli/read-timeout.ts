import { Duration, durationMs } from "../admin/schemas/common.ts";
import { FairleadError } from "../errors.ts";

/**
 * Reads `--timeout`, in ms.
 *
 * @throws FairleadError `usage`
 */
export function readTimeout(text: string): number {
  const read = Duration.safeParse(text);
  if (read.success) return durationMs(text);
  throw new FairleadError("usage", `--timeout ${text}: ${read.error.issues[0]?.message}`);
}
