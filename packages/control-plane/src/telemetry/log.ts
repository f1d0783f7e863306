import { type Logger, pino, stdTimeFunctions } from "pino";

/** How the log is written. */
export interface LogOptions {
  /** Least severity written. Default `info`. */
  readonly level?: LogLevel | undefined;
  /** `json`: one object a line; `pretty`: for people. Default: pretty on a terminal, else JSON. */
  readonly format?: "json" | "pretty" | undefined;
}

/** Severities, from the quietest. */
export type LogLevel = "silent" | "fatal" | "error" | "warn" | "info" | "debug" | "trace";

/**
 * The log of a control plane, on standard output.
 *
 * Written synchronously, so that nothing is lost when the process ends. Times are RFC 3339, severities words.
 */
export async function createLog(options: LogOptions = {}): Promise<Logger> {
  const { level = "info", format = process.stdout.isTTY ? "pretty" : "json" } = options;
  const settings = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const destination = pino.destination({ dest: 1, sync: true });
  // A log that cannot be written (its reader is gone, the disk is full) must not end what it tells of.
  destination.on("error", () => {});
  if (format === "json") return pino(settings, destination);
  const { build } = await import("pino-pretty");
  const colorize = process.stdout.isTTY === true && !process.env.NO_COLOR;
  return pino(settings, build({ colorize, destination, singleLine: true, translateTime: "SYS:HH:MM:ss.l" }));
}

/** A log that writes nothing: the default of an embedded control plane. */
export function silentLog(): Logger {
  return pino({ level: "silent" });
}
