import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificate } from "../../../xds/test/support/certificates.ts";

/** Files in PEM for rows with mutual TLS: one authority has signed both sides. */
export interface Certificates {
  readonly ca: string;
  readonly server: { readonly cert: string; readonly key: string };
  readonly client: { readonly cert: string; readonly key: string };
}

let made: Certificates | undefined;

/** Made once, for as long as this process lives. */
export function certificates(): Certificates {
  made ??= make();
  return made;
}

function make(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-bench-tls-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, text: string) => {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const issuer = makeCertificate("authority");
  const server = makeCertificate("server", { sans: [["IP", "127.0.0.1"]], issuer });
  const client = makeCertificate("client", { issuer });
  return {
    ca: write("ca.pem", issuer.cert),
    server: { cert: write("server.pem", server.cert), key: write("server.key", server.key) },
    client: { cert: write("client.pem", client.cert), key: write("client.key", client.key) },
  };
}
