import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeCertificate } from "../../packages/xds/test/support/certificates.ts";
import type { XdsTls } from "./control-plane.ts";

/** What carries HTTP/2: plain TCP, TLS, or TLS where the client shows a certificate too. */
export type Carrier = "plaintext" | "TLS" | "mutual TLS";

export const CARRIERS: readonly Carrier[] = ["plaintext", "TLS", "mutual TLS"];

/** Name in the server's certificate, beside the address. */
export const SERVER_NAME = "xds.test";

/** A client's PEM files. */
export interface ClientFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Makes an authority, a server's and a client's certificate; the client's files are written in any case. */
export function certificatesFor(carrier: Carrier, folder: string): { tls: XdsTls | undefined; files: ClientFiles } {
  const authority = makeCertificate("test authority");
  const server = makeCertificate("server", {
    issuer: authority,
    sans: [
      ["DNS", SERVER_NAME],
      ["IP", "127.0.0.1"],
    ],
  });
  const client = makeCertificate("client", { issuer: authority, sans: [["URI", "spiffe://test/client"]] });
  const write = (name: string, pem: string) => {
    const path = join(folder, name);
    writeFileSync(path, pem);
    return path;
  };
  const files = {
    ca: write("client-ca.pem", authority.cert),
    cert: write("client-cert.pem", client.cert),
    key: write("client-key.pem", client.key),
  };
  const own = { cert: server.cert, key: server.key };
  const byCarrier = { plaintext: undefined, TLS: own, "mutual TLS": { ...own, clientCa: authority.cert } };
  return { tls: byCarrier[carrier], files };
}
