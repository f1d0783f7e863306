import { H2Error } from "../errors.ts";
import type { HeaderList } from "../hpack/header-list.ts";

const connectionSpecific = new Set(["connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"]);
const fieldName = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const forbiddenInValue = /[\0\r\n]|^[ \t]|[ \t]$/;

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
  checkFields(headers, 2);
  return Number(value);
}

/** Checks trailers. @throws {H2Error} `protocol-error` */
export function checkTrailers(headers: HeaderList): void {
  checkFields(headers, 0);
}

function checkFields(headers: HeaderList, start: number): void {
  for (let at = start; at < headers.length; at += 2) checkField(headers[at]!, headers[at + 1]!);
}

function checkField(name: string, value: string): void {
  if (name.startsWith(":")) throw malformed(`a response had the pseudo-header ${name} where none may be`);
  if (!fieldName.test(name))
    throw malformed(`a response had a header that cannot be called so: ${JSON.stringify(name)}`);
  if (connectionSpecific.has(name)) throw malformed(`a response had the header ${name}, which is HTTP/1.1's`);
  if (forbiddenInValue.test(value))
    throw malformed(`the value of a response's ${name} had characters that none may have`);
}

function malformed(message: string): H2Error {
  return new H2Error("protocol-error", message);
}
