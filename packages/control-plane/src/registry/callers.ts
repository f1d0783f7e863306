import type { Answer, Verdict } from "./book/book.ts";
import type { InstanceKey } from "./instance.ts";
import { refusalOf } from "./refusals.ts";
import type { ChangeResult, Refusal } from "./registry.ts";

/** One call of `announce`, which waits for its changes to be written. */
export interface Caller {
  /** What was not taken up. */
  readonly refusals: Refusal[];
  /** Who the book is to answer about a change of that instance. */
  asker(key: InstanceKey): object;
  /** The book's word on a change, at once. */
  told(key: InstanceKey, verdict: Verdict): void;
  /** Resolves when all that was waited for is answered; throws why something could not be written. */
  settled(): Promise<void>;
}

/** Those who wait, and the count of what they were told. */
export interface Callers {
  open(): Caller;
  /** The book's word on a change that was waited for. @param failure why it could not be written */
  answer(answer: Answer, failure: unknown): void;
  readonly changes: Readonly<Record<ChangeResult, number>>;
}

/** What the book keeps of who waits. */
interface Asker {
  readonly key: InstanceKey;
  readonly hear: (key: InstanceKey, result: Answer["result"], failure: unknown) => void;
}

/** None yet. */
export function createCallers(): Callers {
  const changes: Record<ChangeResult, number> = { written: 0, same: 0, late: 0, invalid: 0, full: 0, unknown: 0 };
  return {
    changes,
    open: () => openCaller(changes),
    answer({ asker, result }, failure) {
      const { key, hear } = asker as Asker;
      hear(key, result, failure);
    },
  };
}

function openCaller(changes: Record<ChangeResult, number>): Caller {
  const refusals: Refusal[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  let waiting = 0;
  let why: unknown;
  const refuse = (key: InstanceKey, refused: Verdict & { readonly kind: "refused" }) => {
    changes[refused.result]++;
    refusals.push(refusalOf(key, refused));
  };
  const hear: Asker["hear"] = (key, result, failure) => {
    if (result.kind === "refused") refuse(key, result);
    else if (result.kind === "failed") why = failure;
    else changes.written++;
    waiting--;
    if (waiting === 0) resolve();
  };
  return {
    refusals,
    asker: (key): Asker => ({ key, hear }),
    told(key, verdict) {
      if (verdict.kind === "waiting") waiting++;
      else if (verdict.kind === "done") changes.same++;
      else refuse(key, verdict);
    },
    async settled() {
      if (waiting > 0) await promise;
      if (why !== undefined) throw why;
    },
  };
}
