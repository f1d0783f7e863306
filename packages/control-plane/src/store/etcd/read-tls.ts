import { readFileSync } from "node:fs";
import type { EtcdStoreConfig } from "../../config/store-schema.ts";
import { FairleadError } from "../../errors.ts";
import { tlsReader } from "../../sources/read-tls.ts";
import type { EtcdTls } from "./settings.ts";

type TlsFiles = NonNullable<EtcdStoreConfig["tls"]>;

/**
 * A function that reads the certificates of a connection to etcd anew, with what they held before where that fails later on.
 *
 * @param warn told of files that could not be read anew
 * @throws FairleadError `tls-invalid` if one cannot be read now
 */
export function readTls(files: TlsFiles, warn: (message: string) => void): () => EtcdTls {
  for (const field of ["ca", "cert", "key"] as const) assertReadable(field, files[field]);
  const read = tlsReader(files, (message) => warn(`store.etcd.${message}`));
  read();
  return read;
}

function assertReadable(field: string, file: string | undefined): void {
  if (file === undefined) return;
  try {
    readFileSync(file);
  } catch (cause) {
    const message = `store.etcd.tls.${field}: ${(cause as Error).message}; name a PEM file that can be read`;
    throw new FairleadError("tls-invalid", message, { cause });
  }
}
