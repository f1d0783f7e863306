/**
 * Every reason this package throws. Closed, and a code is never reused.
 *
 * - `invalid-limit`: a limit is unknown, not a number, or out of its range
 * - `invalid-resource`: JSON is no resource of its type, or breaks the type's rules
 * - `listen-failed`: the address cannot be bound
 * - `tls-invalid`: a certificate, key or CA cannot be read or does not fit
 * - `no-service`: a type has no discovery service of its own in that variant of the protocol
 * - `stream-ended`, `no-response`, `unexpected-response`: what a raw stream awaited from a server did not happen
 */
export type XdsErrorCode =
  | "invalid-limit"
  | "invalid-resource"
  | "listen-failed"
  | "tls-invalid"
  | "no-service"
  | "stream-ended"
  | "no-response"
  | "unexpected-response";

/** The one error that this package throws on purpose; `code` is stable, the message names the place and the mend. */
export class XdsError extends Error {
  override readonly name = "XdsError";
  readonly code: XdsErrorCode;

  constructor(code: XdsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
