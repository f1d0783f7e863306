import { DERIVED_OWNER, type Store } from "../store/store.ts";
import type { Answer, Book, Outcome, Write } from "./book/book.ts";
import { publish } from "./channels.ts";
import type { KeptServices } from "./kept-services.ts";
import type { RegistryLimits } from "./limits.ts";
import { closedError } from "./refusals.ts";

/** Commits what the book has to write: one commit at a time, at once when none is under way, and else with all that gathers meanwhile. */
export interface WriteCommitter {
  /** Something may be to be written. */
  write(): void;
  readonly counts: { readonly commits: number; readonly failedCommits: number; readonly written: number };
  /** Ends with the commit under way; whoever waits for another is told so. */
  close(): Promise<void>;
}

/** What commits writes takes part in. */
export interface CommitParts {
  readonly store: Store;
  readonly book: Book;
  readonly kept: KeptServices;
  readonly limits: RegistryLimits;
  /** Hears what became of each change that somebody waits for. */
  readonly answer: (answer: Answer, failure: unknown) => void;
}

const FAILED: Outcome = { kind: "failed" };
const UNBOUNDED = Number.POSITIVE_INFINITY;

/** Nothing is under way yet. */
export function createWriteCommitter({ store, book, kept, limits, answer }: CommitParts): WriteCommitter {
  const counts = { commits: 0, failedCommits: 0, written: 0 };
  let writing: Promise<void> | undefined;
  let isClosed = false;

  const settle = (writes: readonly Write[], outcome: Outcome, failure: unknown) => {
    for (const each of book.settle(writes, outcome, performance.now(), Date.now())) answer(each, failure);
  };

  const make = async (writes: readonly Write[]): Promise<Outcome> => {
    const changes = writes.map(({ change }) => change);
    const result = await store.commit([...changes, ...kept.toKeep(changes)], { author: DERIVED_OWNER });
    const passedOver = new Set(result.passedOver);
    counts.commits++;
    for (const { of, change } of writes) if (of.kind === "instance" && !passedOver.has(change.key)) counts.written++;
    return { kind: "made", passedOver };
  };

  const commit = async (writes: readonly Write[]) => {
    const startMs = performance.now();
    let outcome = FAILED;
    let error: unknown;
    try {
      outcome = await make(writes);
    } catch (thrown) {
      error = thrown;
      counts.failedCommits++;
    }
    settle(writes, outcome, error);
    const tookMs = performance.now() - startMs;
    publish("fairlead:registry:committed", { changes: writes.length, tookMs, error });
    // What a commit derives costs by service, however little changed. One that waits for no disk would else be made for each few
    // requests that are read at a time: 508 µs of CPU a registration by REST, and 219 with this (64 connections, 100 services).
    await new Promise(setImmediate);
  };

  const write = () => {
    if (writing || isClosed) return;
    const writes = book.takeWrites(limits.maxChangesPerCommit);
    if (writes.length === 0) return;
    writing = commit(writes).finally(() => {
      writing = undefined;
      write();
    });
  };

  return {
    write,
    counts,
    async close() {
      isClosed = true;
      await writing;
      for (let rest = book.takeWrites(UNBOUNDED); rest.length > 0; rest = book.takeWrites(UNBOUNDED)) {
        settle(rest, FAILED, closedError());
      }
    },
  };
}
