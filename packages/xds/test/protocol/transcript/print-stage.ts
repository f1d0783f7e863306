import type { Client } from "../../../src/protocol/client-state.ts";
import { type ClientEntry, openEntry } from "../../../src/server/client-entry.ts";
import { describeClient } from "../../../src/server/describe-client.ts";
import { printType } from "./print-effect.ts";

/** What `show stage` says of a client: its types' states and what make before break waits for, as operators see them. */
export function printStage(machine: Client, nowMs: number): string[] {
  const { types, waits } = describeClient(entryOf(machine));
  const states = types.map(({ typeUrl, state }) => `${printType(typeUrl)}=${state}`);
  const stages = waits.map(({ stage, typeUrl, names, reason, sinceMs }) => {
    return `< ${stage} ${printType(typeUrl)} ${names.join(" ")}: ${reason}, since ${(nowMs - sinceMs) / 1_000}s`;
  });
  return [`< ${states.join(" ")}`, ...stages];
}

function entryOf(machine: Client): ClientEntry {
  const node = {
    id: "n",
    cluster: "",
    locality: { region: "", zone: "", subZone: "" },
    metadata: {},
    userAgentName: "",
    userAgentVersion: "",
    clientFeatures: [],
    sans: [],
  };
  const connection = { id: 1, peer: "127.0.0.1:1", sans: [], allow: () => {} };
  return openEntry({ machine, node, connection, connectedAtMs: 0 });
}
