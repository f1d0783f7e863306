import { type RuleTable, STEERS } from "./rule-set.ts";

/** Rules of byte strings. Not covered, since no schema of Envoy uses them: `pattern`, `ip`, `ipv4`, `ipv6`. */
export const BYTES_RULES: RuleTable = {
  ignore_empty: STEERS,
  const: (limit: Uint8Array) => (value) => (bytes(value).equals(limit) ? undefined : "must be the one allowed value"),
  in: (list: readonly Uint8Array[]) => (value) =>
    list.some((it) => bytes(value).equals(it)) ? undefined : "must be one of the allowed values",
  not_in: (list: readonly Uint8Array[]) => (value) =>
    list.some((it) => bytes(value).equals(it)) ? "must not be a forbidden value" : undefined,
  len: (limit: bigint) => (value) => (bytes(value).length === Number(limit) ? undefined : `must have ${limit} bytes`),
  min_len: (limit: bigint) => (value) =>
    bytes(value).length >= Number(limit)
      ? undefined
      : limit === 1n
        ? "must not be empty"
        : `must have at least ${limit} bytes`,
  max_len: (limit: bigint) => (value) =>
    bytes(value).length <= Number(limit) ? undefined : `must have at most ${limit} bytes`,
  prefix: (limit: Uint8Array) => (value) =>
    bytes(value).subarray(0, limit.length).equals(limit) ? undefined : "must begin with the prefix asked for",
  suffix: (limit: Uint8Array) => (value) =>
    bytes(value).subarray(-limit.length).equals(limit) ? undefined : "must end with the suffix asked for",
  contains: (limit: Uint8Array) => (value) =>
    bytes(value).includes(bytes(limit)) ? undefined : "must contain the bytes asked for",
};

function bytes(value: unknown): Buffer {
  const { buffer, byteOffset, byteLength } = value as Uint8Array;
  return Buffer.from(buffer, byteOffset, byteLength);
}
