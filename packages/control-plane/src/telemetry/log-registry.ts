import type { Logger } from "pino";
import { listenRegistry } from "./listen.ts";
import { createRateLimit } from "./rate-limit.ts";
import { whyOf } from "./why-of.ts";

/**
 * Writes what the registry reports on its channels to a log: alarms, adoptions and faults always, of instances that turn
 * unhealthy or expire one of each service in 10 s (`suppressed` counts the others), what instances say themselves at `debug`.
 *
 * @returns the function that stops it.
 */
export function logRegistry(log: Logger): () => void {
  const limit = createRateLimit();
  const warn = (subject: string, fields: object, text: string): void => {
    const passed = limit(subject);
    if (passed) log.warn({ ...fields, ...(passed.suppressed > 0 && passed) }, text);
  };
  const subscriptions = [
    listenRegistry("fairlead:registry:instance", (message) => {
      const { service, id, change } = message;
      if (change === "unhealthy") warn(`${service}\n${change}`, { service, id }, "instance unhealthy: no heartbeat");
      else if (change === "expired") warn(`${service}\n${change}`, { service, id }, "instance removed: no heartbeat");
      else log.debug({ service, id }, `instance ${change}`);
    }),
    listenRegistry("fairlead:registry:mass-expiry", ({ state, ...fields }) => {
      switch (state) {
        case "raised":
          log.error(fields, "mass expiry: too many instances fell silent at once, they are kept as they were");
          break;
        case "recovered":
          log.info(fields, "mass expiry over: instances are heard again");
          break;
        case "accepted":
          log.warn(fields, "mass expiry accepted: the silent instances expire");
          break;
      }
    }),
    listenRegistry("fairlead:registry:adopted", (message) => {
      log.warn(message, "a replica is gone: another adopted its instances");
    }),
    listenRegistry("fairlead:registry:away", ({ awayMs }) => {
      const fields = { awayMs: Math.round(awayMs) };
      warn("away", fields, "this process was away, so every instance has a full TTL again");
    }),
    listenRegistry("fairlead:registry:committed", ({ error, changes, tookMs }) => {
      const fields = { changes, tookMs: Math.round(tookMs) };
      if (error !== undefined) warn("commit", { ...fields, ...whyOf(error) }, "instances could not be written");
    }),
    listenRegistry("fairlead:registry:forward-failed", ({ error, ...fields }) => {
      warn(
        `forward ${fields.owner}`,
        { ...fields, ...whyOf(error) },
        "heartbeats could not be passed on to their replica",
      );
    }),
  ];
  return () => {
    for (const unsubscribe of subscriptions) unsubscribe();
  };
}
