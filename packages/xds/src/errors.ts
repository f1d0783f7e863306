/**
 * Every reason this package throws. Closed, and a code is never reused.
 *
 * - `invalid-limit`: a limit is unknown, not a number, or out of its range
 * - `listen-failed`: the address cannot be bound
 * - `tls-invalid`: a certificate, key or CA cannot be read or does not fit
 */
export type XdsErrorCode = "invalid-limit" | "listen-failed" | "tls-invalid";

/** The one error that this package throws on purpose; `code` is stable, the message names the place and the mend. */
export class XdsError extends Error {
  override readonly name = "XdsError";
  readonly code: XdsErrorCode;

  constructor(code: XdsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
