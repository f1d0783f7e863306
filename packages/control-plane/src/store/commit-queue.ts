import { FairleadError } from "../errors.ts";
import type { Change, ChangesOf, CommitOptions, CommitResult } from "./store.ts";

/** A commit that somebody waits for. */
export interface WaitingCommit {
  readonly changes: readonly Change[] | ChangesOf;
  readonly options: CommitOptions;
  resolve(result: CommitResult): void;
  reject(error: unknown): void;
}

/** Bounds of {@link createCommitQueue}. */
export interface CommitQueueLimits {
  /** Commits that may wait. */
  readonly maxWaiting: number;
  /** Bytes of resources in commits that may wait; a single one may be larger. */
  readonly maxWaitingBytes: number;
}

/** Commits in the order of the calls, until they are taken to be made. */
export interface CommitQueue {
  readonly size: number;
  /** @throws FairleadError `store-overloaded` */
  add(changes: readonly Change[] | ChangesOf, options: CommitOptions): Promise<CommitResult>;
  /** The next ones to make together, at most so many; empty if none wait. */
  take(most: number): readonly WaitingCommit[];
}

/** An empty queue. */
export function createCommitQueue({ maxWaiting, maxWaitingBytes }: CommitQueueLimits): CommitQueue {
  const waiting: { readonly commit: WaitingCommit; readonly bytes: number }[] = [];
  let waitingBytes = 0;
  return {
    get size() {
      return waiting.length;
    },
    add(changes, options) {
      const bytes = typeof changes === "function" ? 0 : bytesOf(changes);
      if (waiting.length >= maxWaiting || (waiting.length > 0 && waitingBytes + bytes > maxWaitingBytes)) {
        throw new FairleadError(
          "store-overloaded",
          `${waiting.length} commits with ${waitingBytes} bytes wait to be stored: ask again when some of them are`,
        );
      }
      const { promise, resolve, reject } = Promise.withResolvers<CommitResult>();
      waiting.push({ commit: { changes, options, resolve, reject }, bytes });
      waitingBytes += bytes;
      return promise;
    },
    take(most) {
      const batch = waiting.splice(0, most);
      for (const { bytes } of batch) waitingBytes -= bytes;
      return batch.map(({ commit }) => commit);
    },
  };
}

/** About what the changes hold: the resources' bytes, and the documents' characters. */
function bytesOf(changes: readonly Change[]): number {
  let bytes = 0;
  for (const change of changes) {
    if (change.kind === "update") for (const { resource } of change.upsert) bytes += resource.value.length;
    if (change.kind === "document" && change.value !== undefined) bytes += JSON.stringify(change.value).length;
  }
  return bytes;
}
