import { type Certificates, hasFiles, readCertificates, type TlsOptions } from "./certificates.ts";

/** What a rotation tells. */
export interface CertificateEvents {
  /** New content that fits together. */
  onChange(certificates: Certificates): void;
  /** The files cannot be used as they are, a rotation half done perhaps: the old ones stay in use. Told once per reason. */
  onError(error: Error): void;
}

/**
 * Looks at the certificate files every `pollMs`. Read, not watched: a few kilobytes cost nothing, and a watch goes deaf
 * on symlinks that are swapped and on some mounts.
 * @returns what stops it
 */
export function watchCertificates(
  tls: TlsOptions,
  current: Certificates,
  pollMs: number,
  events: CertificateEvents,
): () => void {
  if (!hasFiles(tls)) return () => {};
  let { digest } = current;
  let lastError = "";
  let isStopped = false;
  let timer: NodeJS.Timeout;
  const look = async (): Promise<void> => {
    try {
      const found = await readCertificates(tls);
      if (isStopped) return;
      lastError = "";
      if (found.digest !== digest) events.onChange(found);
      digest = found.digest;
    } catch (error) {
      if (isStopped) return;
      const { message } = error as Error;
      if (message !== lastError) events.onError(error as Error);
      lastError = message;
    }
    schedule();
  };
  const schedule = (): void => {
    timer = setTimeout(look, pollMs).unref();
  };
  schedule();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
