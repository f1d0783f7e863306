/**
 * Every reason this package throws. Faults of a *resource* are returned, never thrown; these are faults of the caller's
 * setup or of bytes that are no message.
 *
 * - `schema_missing`: the generated descriptor set is not there: run `npm run build:api`
 * - `schema_invalid`: the bytes are no usable `FileDescriptorSet`
 * - `file_unreadable`: a file cannot be read
 * - `nothing_to_extract`: a file is no executable, or one without descriptors
 * - `import_missing`: descriptors import files that are not among them
 * - `type_conflict`: a file or symbol is in the schema already, with other content
 * - `type_unknown`: the schema has no message of that type
 * - `field_unknown`: a reference row names a field that the schema lacks
 * - `bytes_invalid`: the bytes do not decode as the type they claim to be
 * - `too_deep`: messages nest deeper than {@link MAX_DEPTH}
 */
export type EnvoyApiErrorCode =
  | "schema_missing"
  | "schema_invalid"
  | "file_unreadable"
  | "nothing_to_extract"
  | "import_missing"
  | "type_conflict"
  | "type_unknown"
  | "field_unknown"
  | "bytes_invalid"
  | "too_deep";

/** The one error class of this package; `code` is stable, the message is for people. */
export class EnvoyApiError extends Error {
  override readonly name = "EnvoyApiError";
  readonly code: EnvoyApiErrorCode;

  constructor(code: EnvoyApiErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Messages within messages, `Any` included: Envoy's own parser stops at 100 too. */
export const MAX_DEPTH = 100;
