import type { Logger } from "pino";
import type { OwnReplica } from "../replicas/create-replicas.ts";

/** Writes to a log what is wrong with the own place among the replicas; returns the function that stops it. */
export function logReplicas(log: Logger, { membership }: Pick<OwnReplica, "membership">): () => void {
  return membership.watch((event) => {
    if (event.kind === "waiting") {
      const message = "one of the same replica.id is listed and does not answer: waiting for its lease to end";
      log.warn({ replica: event.on }, message);
    }
    if (event.kind === "displaced") {
      const message = "another process has this replica.id: this one is not listed; give each one its own";
      log.error({ replica: event.by }, message);
    }
  });
}
