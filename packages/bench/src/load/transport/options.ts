import { type ClientOptions, defaultClientOptions } from "@fairlead/h2";
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

/** {@link ConnectionOptions} with nothing left out. */
export type CompleteOptions = ConnectionOptions & ClientOptions;

const noOptions: Partial<ConnectionOptions> = {};
const completed = new WeakMap<Partial<ConnectionOptions>, CompleteOptions>();

/** Fills in what is left out: once for an object, since tens of thousands of connections have the same. */
export function completeOptions(options: Partial<ConnectionOptions> = noOptions): CompleteOptions {
  let complete = completed.get(options);
  if (complete === undefined) {
    complete = { ...defaultClientOptions, ...defaultConnectionOptions, ...options };
    completed.set(options, complete);
  }
  return complete;
}
