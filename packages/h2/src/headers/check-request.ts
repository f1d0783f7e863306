import type { HeaderList } from "../hpack/header-list.ts";
import { checkFields, malformed } from "./check-fields.ts";

const whose = "a request's";
const schemeName = /^[A-Za-z][A-Za-z0-9+.-]*$/;
/** Neither control characters nor spaces: the values of pseudo-headers are parts of a URI. */
const notVisible = /[^!-~\u0080-\u00ff]/;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** What {@link checkRequest} returns for a request that does not say how long it is. */
export const unknownLength = -1;

/**
 * Checks request headers.
 * @returns the content-length, or {@link unknownLength}
 * @throws {H2Error} `protocol-error`: the request is malformed, and its stream to be reset
 * @see RFC 9113, sections 8.1.1, 8.2 and 8.3.1
 */
export function checkRequest(headers: HeaderList): number {
  const fieldsAt = checkPseudoHeaders(headers);
  checkFields(headers, fieldsAt, whose);
  return checkLengthAndTe(headers, fieldsAt);
}

/** @returns where the other headers begin */
function checkPseudoHeaders(headers: HeaderList): number {
  let method: string | undefined;
  let scheme: string | undefined;
  let path: string | undefined;
  let authority: string | undefined;
  let at = 0;
  for (; at < headers.length && headers[at]!.startsWith(":"); at += 2) {
    const name = headers[at]!;
    const value = headers[at + 1]!;
    if (notVisible.test(value)) throw malformed(`the value of ${whose} ${name} had characters that none may have`);
    if (name === ":method") method = once(name, method, value);
    else if (name === ":scheme") scheme = once(name, scheme, value);
    else if (name === ":path") path = once(name, path, value);
    else if (name === ":authority") authority = once(name, authority, value);
    else throw malformed(`a request has no pseudo-header ${name}`);
  }
  if (method === undefined || !token.test(method)) throw malformed("a request needs a :method");
  if (method === "CONNECT") checkConnect(scheme, path, authority);
  else checkTarget(method, scheme, path, authority);
  return at;
}

function once(name: string, before: string | undefined, value: string): string {
  if (before === undefined) return value;
  throw malformed(`a request had ${name} twice`);
}

function checkTarget(method: string, scheme?: string, path?: string, authority?: string): void {
  if (scheme === undefined || !schemeName.test(scheme)) throw malformed("a request needs a :scheme that can be one");
  const isPath = path?.startsWith("/") || (method === "OPTIONS" && path === "*");
  if (!isPath) throw malformed(`a request needs a :path that begins with /, and had ${path ?? "none"}`);
  if (authority?.includes("@")) throw malformed("a request's :authority held a user's name");
}

function checkConnect(scheme?: string, path?: string, authority?: string): void {
  if (scheme !== undefined || path !== undefined || !authority) {
    throw malformed("a CONNECT has an :authority, and no :scheme or :path");
  }
}

function checkLengthAndTe(headers: HeaderList, start: number): number {
  let length = unknownLength;
  for (let at = start; at < headers.length; at += 2) {
    const value = headers[at + 1]!;
    if (headers[at] === "te" && value !== "trailers") throw malformed(`a request's te is trailers, and was ${value}`);
    if (headers[at] !== "content-length") continue;
    if (!/^[0-9]{1,15}$/.test(value)) throw malformed(`a request's content-length was no number: ${value}`);
    if (length !== unknownLength && length !== Number(value)) throw malformed("a request had two content-lengths");
    length = Number(value);
  }
  return length;
}
