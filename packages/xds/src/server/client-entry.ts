import type { Client } from "../protocol/client-state.ts";
import { SmallMap } from "../small-map.ts";
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
  readonly sessions: SmallMap<number, Session>;
  /** By which the registry finds it when it polls. */
  pollers: readonly string[];
  group: Group | undefined;
  /** It is queued for a turn. */
  isDirty: boolean;
  /** When it is to be looked at for the time's sake alone, by `monotonicNowMs`; `undefined`: not. */
  wakeAtMs: number | undefined;
  /** The earliest tick of the clock at which it is looked up; 0: at none. */
  wakeTick: number;
}

/** A client that has no streams and is in no group yet. */
export function openEntry(parts: Pick<ClientEntry, "machine" | "node" | "connection" | "connectedAtMs">): ClientEntry {
  const { machine, node, connection, connectedAtMs } = parts;
  return {
    machine,
    node,
    connection,
    connectedAtMs,
    sessions: new SmallMap(),
    pollers: NO_POLLERS,
    group: undefined,
    isDirty: false,
    wakeAtMs: undefined,
    wakeTick: 0,
  };
}

const NO_POLLERS: readonly string[] = [];
