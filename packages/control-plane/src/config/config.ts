export { formatHostPort, type HostPort, isLoopback, parseHostPort } from "./host-port.ts";
export { type ConfigOverrides, configOf, loadConfig, parseConfig } from "./load.ts";
export {
  type Config,
  type ConfigInput,
  configSchema,
  DEFAULT_TYPES,
  type ReferenceRule,
  type ReferenceRules,
} from "./schema.ts";
