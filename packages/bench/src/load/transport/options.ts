import type { ClientOptions } from "@fairlead/h2";
import { ConnectGate } from "./connect-gate.ts";
import type { LinkOptions } from "./link.ts";

/** How connections behave; HTTP/2's windows and limits are {@link ClientOptions}. */
export interface ConnectionOptions extends Partial<ClientOptions>, LinkOptions {
  /** How long the server may take from the open connection to its first SETTINGS, ms. Default 10,000. */
  readonly settingsTimeoutMs: number;
}

/** What {@link ConnectionOptions} are unless told otherwise. All connections of the process share the gate. */
export const defaultConnectionOptions: ConnectionOptions = {
  connectTimeoutMs: 10_000,
  settingsTimeoutMs: 10_000,
  maxUnsentBytes: 64 * 1_048_576,
  gate: new ConnectGate(512),
};
