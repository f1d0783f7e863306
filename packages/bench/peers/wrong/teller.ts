import { frameResponse } from "../http2/frames.ts";
import type { Request } from "../http2/serve.ts";
import { Interest, select } from "../node/interest.ts";
import type { Held, Snapshot } from "../node/snapshot.ts";

/** The snapshots that there are: the newest one and the one before it, which at first is the same. */
export interface History {
  readonly newest: () => Snapshot;
  readonly before: () => Snapshot;
}

/** What one response tells. */
export interface Told {
  readonly snapshot: Snapshot;
  readonly held: readonly Held[];
  /** It tells of the changes after this revision; 0: it is the first response, or one that a request asked for. */
  readonly since: number;
}

/** What an honest server would do on one stream, in parts for the faults to put together wrongly. */
export interface Teller {
  readonly isDelta: boolean;
  readonly history: History;
  readonly hear: (request: Request) => void;
  /** What is due if that is the newest snapshot, which is then taken for told. */
  readonly next: (newest: Snapshot) => Told | undefined;
  /** Gives a response a nonce of its own, and its frame. */
  readonly frame: (told: Told) => Buffer;
}

/** Begins a stream. */
export function createTeller(history: History, isDelta: boolean): Teller {
  const interest = new Interest();
  let responses = 0;
  return {
    isDelta,
    history,
    hear: (request) => interest.hear(request, history.newest()),
    next: (snapshot) => {
      const telling = interest.next(snapshot);
      if (telling === undefined) return undefined;
      const held = isDelta ? select(snapshot, telling) : snapshot.held;
      return { snapshot, held, since: telling.kind === "since" ? telling.revision : 0 };
    },
    frame: ({ snapshot, held }) => frameResponse(isDelta, { snapshot, held, nonce: String(++responses) }),
  };
}
