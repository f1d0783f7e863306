import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CompareSchema, RequestOpSchema, ResponseOp } from "../../../gen/etcd/rpc_pb.js";
import { Compare_CompareResult, Compare_CompareTarget } from "../../../gen/etcd/rpc_pb.js";
import type { KeyValue } from "./client.ts";
import { type KeyRange, keyBytes } from "./keys.ts";

type Operation = MessageInitShape<typeof RequestOpSchema>;

/** Puts a key; `lease`: with that lease it goes. */
export function put(key: string, value: string | Uint8Array, lease = 0n): Operation {
  const bytes = typeof value === "string" ? keyBytes(value) : value;
  return { request: { case: "requestPut", value: { key: keyBytes(key), value: bytes, lease } } };
}

/** Reads a key. */
export function get(key: string): Operation {
  return { request: { case: "requestRange", value: { key: keyBytes(key) } } };
}

/** What {@link get} found in a transaction. */
export function found(operation: ResponseOp | undefined): KeyValue | undefined {
  const response = operation?.response;
  return response?.case === "responseRange" ? response.value.kvs[0] : undefined;
}

/** Removes a range of keys. */
export function removeRange(range: KeyRange): Operation {
  return { request: { case: "requestDeleteRange", value: range } };
}

/** Removes a key. */
export function remove(key: string): Operation {
  return { request: { case: "requestDeleteRange", value: { key: keyBytes(key) } } };
}

/** Whether a key was last written at that revision of etcd; 0: it is not there. */
export function isAt(key: string, modRevision: bigint): MessageInitShape<typeof CompareSchema> {
  return {
    key: keyBytes(key),
    result: Compare_CompareResult.Equal,
    target: Compare_CompareTarget.Mod,
    targetUnion: { case: "modRevision", value: modRevision },
  };
}

/** Whether a key hangs on that lease. */
export function hangsOn(key: string, lease: bigint): MessageInitShape<typeof CompareSchema> {
  return {
    key: keyBytes(key),
    result: Compare_CompareResult.Equal,
    target: Compare_CompareTarget.Lease,
    targetUnion: { case: "lease", value: lease },
  };
}
