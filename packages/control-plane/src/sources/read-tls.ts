import { readFileSync } from "node:fs";
import type { ClientTls } from "@fairlead/xds";
import type { XdsSourceConfig } from "../config/sources-schema.ts";

type TlsFiles = NonNullable<XdsSourceConfig["tls"]>;

/**
 * A function that reads the files of TLS anew, so that certificates may be renewed. While one of them can't be read, it
 * gives what they held before (at first: nothing, and the handshake says what is missing), and tells why.
 */
export function tlsReader(files: TlsFiles, tell: (message: string) => void): () => ClientTls {
  const { serverName } = files;
  let last: ClientTls = serverName === undefined ? {} : { serverName };
  return () => {
    const read: { -readonly [K in "ca" | "cert" | "key"]?: Uint8Array } = {};
    for (const field of ["ca", "cert", "key"] as const) {
      const file = files[field];
      if (file === undefined) continue;
      try {
        read[field] = readFileSync(file);
      } catch (error) {
        tell(`tls.${field} cannot be read: ${(error as Error).message}; what was read before is used`);
        return last;
      }
    }
    last = { ...read, ...(serverName !== undefined && { serverName }) };
    return last;
  };
}
