import { H2Error } from "../errors.ts";
import { Flag } from "./types.ts";

/**
 * The header block fragment of a HEADERS frame: without padding and without the priority that nobody heeds any more.
 * @throws {H2Error} when padding or priority is longer than what is there
 */
export function fragmentOfHeaders(payload: Uint8Array, flags: number): Uint8Array {
  const isPadded = (flags & Flag.PADDED) !== 0;
  const start = (isPadded ? 1 : 0) + (flags & Flag.PRIORITY ? 5 : 0);
  if (payload.length < start) throw new H2Error("frame-size-error", "a HEADERS frame ended within its fixed fields");
  const end = payload.length - (isPadded ? payload[0]! : 0);
  if (end < start) throw new H2Error("protocol-error", "a HEADERS frame's padding was longer than the frame");
  return payload.subarray(start, end);
}
