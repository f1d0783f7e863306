/** Why there is no resource of a name, for those who ask for it by that name (protocol.md O5). */
export interface ResourceError {
  readonly typeUrl: string;
  readonly name: string;
  /**
   * A `google.rpc.Code`, 1 to 16. By NOT_FOUND (5) and PERMISSION_DENIED (7) a client may give up what it has of that name;
   * by UNKNOWN (2), INTERNAL (13) and UNAVAILABLE (14) it is to keep it, and others mean the same.
   */
  readonly code: number;
  /** For people, at most 1,024 characters. */
  readonly message: string;
}

/** The longest message of a {@link ResourceError}, characters. */
const MAX_MESSAGE_LENGTH = 1_024;

/** @throws RangeError if an error can't be told as it is */
export function checkResourceError({ name, code, message }: ResourceError): void {
  if (!Number.isInteger(code) || code < 1 || code > 16) {
    throw new RangeError(`the error of ${JSON.stringify(name)} has code ${code}: it must be 1 to 16 (google.rpc.Code)`);
  }
  if (message.length <= MAX_MESSAGE_LENGTH) return;
  const told = `${message.length} characters, and ${MAX_MESSAGE_LENGTH} are the most`;
  throw new RangeError(`the error of ${JSON.stringify(name)} has a message of ${told}: shorten it`);
}

/** Whether a client that was told one need not be told the other. */
export function isSameError(a: ResourceError | undefined, b: ResourceError | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.code === b.code && a.message === b.message);
}
