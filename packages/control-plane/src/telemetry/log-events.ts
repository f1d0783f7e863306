import type { Logger } from "pino";
import { listen } from "./listen.ts";
import { createRateLimit } from "./rate-limit.ts";

/**
 * Writes what the xDS server reports on its channels to a log: streams at `info` (of those that only watch at `debug`),
 * pushes and ACKs at `debug`, NACKs
 * and warnings at `warn`, at most one of a kind per node and type in 10 s (`suppressed` counts the others).
 *
 * @returns the function that stops it.
 */
export function logEvents(log: Logger): () => void {
  const limit = createRateLimit();
  const subscriptions = [
    listen("fairlead:xds:stream-opened", (message) => log.debug(message, "stream opened")),
    listen("fairlead:xds:stream-identified", ({ isObserver, ...message }) => {
      if (isObserver) log.debug(message, "observer connected");
      else if (message.group !== undefined) log.info(message, "node connected");
      else warn("ungrouped", message, "node connected, and is served nothing: no group is for it");
    }),
    listen("fairlead:xds:call-opened", (message) => log.debug(message, "call opened")),
    listen("fairlead:xds:call-closed", (message) => log.debug(message, "call closed")),
    listen("fairlead:xds:stream-closed", ({ isObserver, ...message }) => {
      if (isObserver) log.debug(message, "observer's stream closed");
      else log.info(message, "stream closed");
    }),
    listen("fairlead:xds:nacked", ({ isObserver: _, ...message }) => {
      warn("nack", message, "NACK: the proxy rejected its configuration");
    }),
    listen("fairlead:xds:isolated", (message) => warn("isolated", message, "one resource is what the proxy rejects")),
    listen("fairlead:xds:warning", ({ message: text, ...rest }) => warn(text, rest, text)),
    listen("fairlead:xds:handshake-failed", (message) => {
      const host = message.peer.slice(0, message.peer.lastIndexOf(":"));
      warnOf(`handshake ${host}`, message, "TLS handshake failed: the proxy cannot connect");
    }),
    listen("fairlead:xds:evicted", (message) => warn("evicted", message, "stream evicted: the client does not read")),
    listen("fairlead:xds:worker-ended", (message) => {
      log.error(message, "a worker thread ended, and the streams that it held; it is replaced");
    }),
    listen("fairlead:xds:worker-started", (message) => log.info(message, "a worker thread listens again")),
  ];
  // A channel with a subscriber has its message built for each push and each ACK: not paid for unless it is written.
  if (log.isLevelEnabled("debug")) {
    subscriptions.push(
      listen("fairlead:xds:pushed", (message) => log.debug(message, "push")),
      listen("fairlead:xds:acked", ({ isObserver: _, ...message }) => log.debug(message, "ACK")),
    );
  }

  function warn(kind: string, fields: { nodeId: string; typeUrl?: string }, text: string): void {
    warnOf(`${kind}\n${fields.nodeId}\n${fields.typeUrl ?? ""}`, fields, text);
  }

  function warnOf(subject: string, fields: object, text: string): void {
    const passed = limit(subject);
    if (!passed) return;
    log.warn(passed.suppressed > 0 ? { ...fields, suppressed: passed.suppressed } : fields, text);
  }

  return () => {
    for (const unsubscribe of subscriptions) unsubscribe();
  };
}
