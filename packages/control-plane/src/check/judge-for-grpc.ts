import type { Schema } from "@fairlead/envoy-api";
import type { Entry, StoreState } from "../store/store.ts";
import { type Fault, whereOf } from "../validation/fault.ts";
import type { GrpcFault, GrpcImplementation } from "../validation/grpc/fault.ts";
import { grpcFaults } from "../validation/grpc/grpc-faults.ts";
import type { Judge } from "./check-resources.ts";

const IN_WORDS: Readonly<Record<GrpcImplementation, string>> = { go: "Go", java: "Java", node: "Node", cpp: "C++" };

/** Says what gRPC would refuse (an error) or pass over (a warning) in resources that are well for Envoy. */
export function judgeForGrpc(schema: Schema): Judge {
  return (state) => entriesOf(state).flatMap(([group, entry]) => faultsOf(schema, group, entry));
}

function entriesOf({ groups }: StoreState): readonly (readonly [string, Entry])[] {
  return [...groups].flatMap(([group, { types }]) =>
    [...types.values()].flatMap((entries) => [...entries.values()].map((entry) => [group, entry] as const)),
  );
}

function faultsOf(schema: Schema, group: string, { resource, place }: Entry): readonly Fault[] {
  return grpcFaults([resource], schema).map((fault) => ({
    severity: fault.severity === "refused" ? "error" : "warning",
    rule: fault.rule,
    message: inWords(fault),
    ...whereOf(place, fault.pointer),
    group,
    typeUrl: fault.typeUrl,
    name: fault.name,
  }));
}

function inWords({ message, clients, severity, proposal }: GrpcFault): string {
  const who = clients.map((client) => IN_WORDS[client]).join(", ");
  return `${message} (${severity} by ${who}; gRFC ${proposal})`;
}
