import type { HeaderList } from "../hpack/header-list.ts";
import { checkFields, malformed } from "./check-fields.ts";

/**
 * Checks response headers and reads their status.
 * @throws {H2Error} `protocol-error`: the response is malformed, and its stream to be reset
 * @see RFC 9113, sections 8.2 and 8.3.2
 */
export function statusOfResponse(headers: HeaderList): number {
  const value = headers[0] === ":status" ? headers[1]! : "";
  if (!/^[1-9][0-9]{2}$/.test(value)) {
    throw malformed(`a response begins with one :status of three digits, and began with ${headers[0]}: ${headers[1]}`);
  }
  checkFields(headers, 2, "a response's");
  return Number(value);
}
