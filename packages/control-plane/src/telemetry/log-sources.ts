import type { Logger } from "pino";
import { type Fault, formatFault } from "../validation/fault.ts";
import { listenSource } from "./listen.ts";
import { createRateLimit } from "./rate-limit.ts";

/** The most faults of one event that are logged. */
const MAX_FAULTS = 20;

/** Writes what sources report on their channels to a log; returns the function that stops it. */
export function logSources(log: Logger): () => void {
  const limit = createRateLimit();
  const subscriptions = [
    listenSource("fairlead:source:committed", ({ warnings, tookMs, ...rest }) => {
      log.info({ ...rest, tookMs: Math.round(tookMs) }, "new revision");
      for (const fault of shown(warnings)) log.warn({ source: rest.source, group: fault.group }, formatFault(fault));
    }),
    listenSource("fairlead:source:faulty", ({ source, group, faults }) => {
      const what = group === undefined ? "the source cannot be read" : "the group cannot be read";
      log.error({ source, group, faults: shown(faults).map(formatFault) }, `${what}: what it held before stays`);
    }),
    listenSource("fairlead:source:recovered", ({ faultyMs, ...rest }) => {
      log.info({ ...rest, faultyMs: Math.round(faultyMs) }, "recovered");
    }),
    listenSource("fairlead:source:printed", ({ source, file, text }) => {
      log.info({ source, file, text }, "a resource file printed something");
    }),
    listenSource("fairlead:source:warning", ({ source, message }) => {
      const passed = limit(`${source}\n${message}`);
      if (passed) log.warn({ source, ...(passed.suppressed > 0 && passed) }, message);
    }),
  ];
  return () => {
    for (const unsubscribe of subscriptions) unsubscribe();
  };
}

function shown(faults: readonly Fault[]): readonly Fault[] {
  return faults.slice(0, MAX_FAULTS);
}
