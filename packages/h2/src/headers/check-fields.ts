import { H2Error } from "../errors.ts";
import type { HeaderList } from "../hpack/header-list.ts";

const connectionSpecific = new Set(["connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"]);
const fieldName = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const forbiddenInValue = /[\0\r\n]|^[ \t]|[ \t]$/;

/**
 * Checks headers that are no pseudo-headers, from the `start`th string on: names, and what values must not hold.
 * @param whose for people: "a request's"
 * @throws {H2Error} `protocol-error`: the message is malformed, and its stream to be reset
 * @see RFC 9113, sections 8.2 and 8.3
 */
export function checkFields(headers: HeaderList, start: number, whose: string): void {
  for (let at = start; at < headers.length; at += 2) {
    checkName(headers[at]!, whose);
    checkValue(headers[at]!, headers[at + 1]!, whose);
  }
}

/** Checks trailers, which have no pseudo-headers. @throws {H2Error} `protocol-error` */
export function checkTrailers(trailers: HeaderList): void {
  checkFields(trailers, 0, "trailers'");
}

/** Checks a header's value. @throws {H2Error} `protocol-error` */
export function checkValue(name: string, value: string, whose: string): void {
  if (forbiddenInValue.test(value)) throw malformed(`the value of ${whose} ${name} had characters that none may have`);
}

/** The error of a message that is malformed. */
export function malformed(message: string): H2Error {
  return new H2Error("protocol-error", message);
}

function checkName(name: string, whose: string): void {
  if (name.startsWith(":")) throw malformed(`${whose} pseudo-header ${name} stood where none may be`);
  if (!fieldName.test(name)) throw malformed(`${whose} header cannot be called so: ${JSON.stringify(name)}`);
  if (connectionSpecific.has(name)) throw malformed(`${whose} header ${name} is HTTP/1.1's`);
}
