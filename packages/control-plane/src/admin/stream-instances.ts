import type { ServerResponse } from "node:http";
import { type Following, followInstances } from "../registry/follow-instances.ts";
import type { Store } from "../store/store.ts";
import { instanceDocument } from "./instance-document.ts";
import { openEventStream } from "./open-event-stream.ts";

/** Options of {@link streamInstances}. */
export interface InstanceStreamOptions {
  /** `undefined`: all. */
  readonly services: ReadonlySet<string> | undefined;
  /** The id of the last event that the reader has: a revision, the same on every replica. `undefined`: it begins. */
  readonly lastId: string | undefined;
  /** Ends the stream, with a word of why. */
  readonly closing: AbortSignal;
}

/**
 * Writes instances as server-sent events: all that there are, or what changed since the reader's last event; then each change.
 * Slow readers are told the newest state when they have read, and not each on the way.
 */
export function streamInstances(store: Store, raw: ServerResponse, options: InstanceStreamOptions): void {
  const { services, lastId, closing } = options;
  let following: Following | undefined;
  const stream = openEventStream(raw, {
    closing,
    onRead: () => following?.goOn(),
    onOver: () => following?.close(),
  });
  if (lastId === undefined) stream.write("start", undefined, { message: "All instances follow, then what changes." });
  following = followInstances(store, {
    services,
    after: lastId === undefined ? undefined : readId(lastId),
    isBusy: () => stream.isBusy || stream.isOver,
    onReset: () => {
      const message = "What came after that event is no longer remembered: all instances follow, others are gone.";
      stream.write("reset", undefined, { message });
    },
    onNews: ({ instances, removed, revision }) => {
      const shown = instances.map((instance) => instanceDocument(instance));
      const id = revision === undefined ? undefined : String(revision);
      stream.write("instances", id, { revision, instances: shown, removed });
    },
  });
}

/** What is no revision is one that nobody remembers. */
function readId(id: string): number {
  return /^\d{1,15}$/.test(id) ? Number(id) : 0;
}
