/**
 * - `unknown_field`, `unknown_type`, `unknown_value`: the schema has no such field, message type, enum value
 * - `missing_type`: an object that must say what it is by `@type` does not
 * - `wrong_type`: another kind of JSON value was expected
 * - `set_twice`: one field by both of its spellings, or two members of a `oneof`
 * - `missing_name`: a resource without a name
 * - `not_carried`: a field of the `Resource` wrapper that this server does not pass on
 * - `too_deep`: more than 100 messages within each other
 * - `invalid_value`: none of these, as protobuf-es words it
 */
export type FaultCode =
  | "unknown_field"
  | "unknown_type"
  | "unknown_value"
  | "missing_type"
  | "wrong_type"
  | "set_twice"
  | "missing_name"
  | "not_carried"
  | "too_deep"
  | "invalid_value";

/** Why a JSON value is no message of its type, and where. */
export interface Fault {
  /** JSON pointer (RFC 6901) into the input, in the input's own spelling. */
  readonly pointer: string;
  readonly code: FaultCode;
  /** One sentence for people, `expected` and `nearest` included. */
  readonly message: string;
  /** What would have been right: `"string"`, `"number"`, `'duration ("1.5s")'`, … */
  readonly expected?: string;
  /** The known name most like the unknown one, in the input's spelling. */
  readonly nearest?: string;
}
