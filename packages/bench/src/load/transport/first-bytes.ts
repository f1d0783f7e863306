import type { ConnectionEnd } from "./connection-end.ts";
import { endAt } from "./end-of-error.ts";
import type { Endpoint } from "./endpoint.ts";

/** Bytes that {@link judgeFirstBytes} needs at most. */
export const firstBytesNeeded = 9;

const settingsType = 4;
const tlsAlert = 0x15;

/**
 * Looks at how a server begins: with a SETTINGS frame of the connection, if it speaks HTTP/2.
 * @param bytes the first ones, {@link firstBytesNeeded} or fewer
 * @returns what it is instead; `undefined`: so far it may be HTTP/2
 */
export function judgeFirstBytes(bytes: Buffer, endpoint: Endpoint): ConnectionEnd | undefined {
  const beginning = bytes.toString("latin1", 0, 7);
  if (beginning.length >= 5 && "HTTP/1.".startsWith(beginning)) {
    return endAt(endpoint, "http1", "the server speaks HTTP/1.1, not HTTP/2: is that the REST or the admin port?");
  }
  if (bytes[0] === tlsAlert && bytes[1] === 3) {
    return endAt(
      endpoint,
      "server-speaks-tls",
      "the server speaks TLS on this port: connect with TLS, or use its plaintext port",
    );
  }
  if (bytes.length < firstBytesNeeded || bytes[3] === settingsType) return undefined;
  const shown = JSON.stringify(bytes.toString("latin1", 0, firstBytesNeeded));
  return endAt(endpoint, "not-http2", `the server does not speak HTTP/2: it began with ${shown}`);
}
