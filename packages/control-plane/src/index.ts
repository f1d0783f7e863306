/** `fairlead`: the control plane as a library. `startFairlead` runs one within another program. */
export {
  type Config,
  type ConfigInput,
  type ConfigOverrides,
  configOf,
  configSchema,
  type HostPort,
  loadConfig,
  parseConfig,
} from "./config/config.ts";
export { ERRORS, type ErrorCode, type ErrorKind, type ErrorOptions, FairleadError } from "./errors.ts";
export { type Fairlead, type FairleadOptions, startFairlead } from "./serve.ts";
export { createLog, type LogLevel, type LogOptions } from "./telemetry/log.ts";
export type { Fault, Severity } from "./validation/fault.ts";
