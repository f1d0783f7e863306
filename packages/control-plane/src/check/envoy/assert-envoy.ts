import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { FairleadError } from "../../errors.ts";

const run = promisify(execFile);

/**
 * Insists on an Envoy, by what it says of its version: anything else would seem to refuse every resource.
 *
 * @throws FairleadError `usage`
 */
export async function assertEnvoy(envoy: string): Promise<void> {
  const { stdout = "", message = "" } = await run(envoy, ["--version"], { timeout: 60_000 }).catch((error) => error);
  if (/version: [0-9a-f]+\/\d+\.\d+\.\d+/.test(stdout)) return;
  const said = (stdout || message).trim().split("\n")[0] ?? "";
  throw new FairleadError(
    "usage",
    `--envoy: ${envoy} cannot be run as an Envoy; asked for its version it says: ${said}`,
  );
}
