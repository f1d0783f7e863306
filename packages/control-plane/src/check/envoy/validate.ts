import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FairleadError } from "../../errors.ts";

/** The longest that Envoy may take for one configuration, ms; mostly it is a tenth of a second. */
const TIMEOUT_MS = 60_000;

/** Characters of what Envoy says that are kept; before the reason it may print the whole configuration. */
const MAX_SAID = 1_000_000;

/** Characters of its reason that are told. */
const MAX_REASON = 600;

/** Where and how long to ask. */
export interface ValidateOptions {
  /** The bootstrap is written there; also Envoy's working directory. */
  readonly folder: string;
  /** Ends Envoy. */
  readonly signal: AbortSignal;
}

/**
 * Asks an Envoy about a bootstrap (`--mode validate`): it builds everything, and neither listens nor connects.
 *
 * @returns `undefined` if it takes it, else why not
 * @throws FairleadError `usage` where the file is no program that runs here; an `AbortError` when it was ended
 */
export async function validate(
  envoy: string,
  bootstrap: unknown,
  { folder, signal }: ValidateOptions,
): Promise<string | undefined> {
  signal.throwIfAborted();
  const file = join(folder, "bootstrap.json");
  await writeFile(file, JSON.stringify(bootstrap));
  const args = ["--mode", "validate", "--config-path", file, "--log-level", "critical"];
  const child = spawn(envoy, [...args, "--concurrency", "1", "--disable-hot-restart"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
    timeout: TIMEOUT_MS,
    signal,
    killSignal: "SIGKILL",
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-MAX_SAID);
  });
  return new Promise((resolve, reject) => {
    child.on("error", (cause) => {
      if (signal.aborted) return; // it is told when Envoy has ended
      reject(new FairleadError("usage", `--envoy: ${envoy} cannot be run: ${cause.message}`, { cause }));
    });
    child.on("close", (code, endedBy) => {
      if (signal.aborted) return reject(signal.reason);
      if (code === 0) return resolve(undefined);
      const end =
        endedBy === null ? `it ended with ${code}` : `it was ended by ${endedBy}, or took over ${TIMEOUT_MS} ms`;
      resolve(reasonIn(said, file) ?? end);
    });
  });
}

/** The end of Envoy's message: before it comes the whole configuration as text, or log lines. */
function reasonIn(said: string, file: string): string | undefined {
  const START = "error initializing configuration";
  const line = said.slice(Math.max(0, said.indexOf(START)));
  const proto = line.indexOf("Proto constraint validation failed");
  const reason = proto >= 0 ? line.slice(proto) : line.replace(`${START} '${file}': `, "");
  const text = reason.trim().replaceAll(file, "the configuration");
  if (text === "") return undefined;
  return text.length > MAX_REASON ? `${text.slice(0, MAX_REASON)}…` : text;
}
