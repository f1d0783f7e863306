import type { Client } from "../protocol/client-state.ts";
import type { Group } from "./group.ts";
import type { Session } from "./session.ts";
import type { NodeIdentity } from "./source.ts";
import type { Connection } from "./transport.ts";

/** One proxy as the server keeps it: the machine that decides, and where its effects go. */
export interface ClientEntry {
  readonly machine: Client;
  readonly node: NodeIdentity;
  readonly connection: Connection;
  readonly connectedAtMs: number;
  readonly sessions: Map<number, Session>;
  /** By which the registry finds it when it polls. */
  readonly pollers: Set<string>;
  group: Group | undefined;
  /** It is queued for a turn. */
  isDirty: boolean;
}
