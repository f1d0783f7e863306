import type { Logger } from "pino";
import type { Store } from "../store/store.ts";
import { listenStore } from "./listen.ts";
import { whyOf } from "./why-of.ts";

/** Writes to a log how a store goes: trouble once, until it is over; returns the function that stops it. */
export function logStore(log: Logger, store: Store): () => void {
  const { name } = store.status();
  const subscriptions = [
    listenStore("fairlead:store:trouble", ({ store, error }) => {
      if (store === name)
        log.error({ store, ...whyOf(error) }, "commits cannot be kept: what was committed before is served");
    }),
    listenStore("fairlead:store:recovered", ({ store, troubledMs }) => {
      if (store === name) log.info({ store, troubledMs: Math.round(troubledMs) }, "commits are kept again");
    }),
    listenStore("fairlead:store:checkpoint", ({ store, revision, tookMs, error }) => {
      if (store !== name) return;
      if (error)
        log.warn({ store, revision, ...whyOf(error) }, "no checkpoint could be kept: the next start takes longer");
      else log.debug({ store, revision, tookMs: Math.round(tookMs) }, "checkpoint");
    }),
  ];
  return () => {
    for (const unsubscribe of subscriptions) unsubscribe();
  };
}

/** Tells what a store brought back. */
export function logRestored(log: Logger, store: Store): void {
  const { groups, documents, revision } = store.state();
  if (groups.size + documents.size === 0) return;
  log.info({ store: store.status().name, revision, groups: groups.size, documents: documents.size }, "restored");
}
