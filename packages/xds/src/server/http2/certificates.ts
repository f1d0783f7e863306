import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { XdsError } from "../../errors.ts";

/** PEM as it stands, or a file that is looked at again and again, so that a rotated certificate is taken up. */
export type PemSource = { readonly pem: string | Uint8Array } | { readonly file: string };

/** The server's TLS: HTTP/2 by ALPN only, TLS 1.2 at least. */
export interface TlsOptions {
  readonly cert: PemSource;
  readonly key: PemSource;
  /** Given: a client must show a certificate that these authorities signed (mutual TLS); its SANs are the connection's. */
  readonly clientCa?: PemSource;
}

/** What the files held at one moment. */
export interface Certificates {
  readonly context: SecureContextOptions;
  /** Equal digests are equal content. */
  readonly digest: string;
}

/**
 * Reads certificate, key and CA, and checks that they fit together.
 * @throws XdsError `tls-invalid`, naming the file
 */
export async function readCertificates(tls: TlsOptions): Promise<Certificates> {
  const [cert, key, ca] = await Promise.all([
    readPem("certificate", tls.cert),
    readPem("key", tls.key),
    tls.clientCa && readPem("client CA", tls.clientCa),
  ]);
  const context: SecureContextOptions = { cert, key, minVersion: "TLSv1.2", ...(ca && { ca }) };
  try {
    createSecureContext(context);
  } catch (error) {
    const places = [tls.cert, tls.key, ...(tls.clientCa ? [tls.clientCa] : [])].map(place).join(", ");
    throw new XdsError("tls-invalid", `TLS cannot use ${places}: ${(error as Error).message}`, { cause: error });
  }
  const hash = createHash("sha256");
  for (const pem of [cert, key, ca ?? ""]) hash.update(`${pem.length} `).update(pem);
  return { context, digest: hash.digest("base64url") };
}

/** Whether any part comes from a file. */
export function hasFiles(tls: TlsOptions): boolean {
  return [tls.cert, tls.key, tls.clientCa].some((source) => source !== undefined && "file" in source);
}

async function readPem(what: string, source: PemSource): Promise<Buffer> {
  if ("pem" in source) return Buffer.from(source.pem as string);
  try {
    return await readFile(source.file);
  } catch (error) {
    throw new XdsError("tls-invalid", `cannot read the ${what} ${source.file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function place(source: PemSource): string {
  return "file" in source ? source.file : "the PEM given";
}
