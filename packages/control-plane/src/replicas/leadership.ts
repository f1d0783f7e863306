import { FairleadError } from "../errors.ts";
import type { Store, StoreState } from "../store/store.ts";

/** What has to be known to lead. */
export interface LeadershipOptions {
  readonly store: Store;
  /** What is led: `sources`. */
  readonly name: string;
  /** The id of this replica. */
  readonly replica: string;
  /** Whether it is elected, by its own clock. */
  readonly isElected: () => boolean;
}

/**
 * The right to commit as the one that is elected, kept where it cannot be late: in the commits themselves. Who is elected takes it by a commit,
 * which begins a new term, and from then on a commit of any former term is made behind that one or not at all: each is judged by the
 * state that it is appended to. So it does not matter how long a former leader was halted, or how slowly its clock runs.
 */
export interface Leadership {
  /** Begins a term of this replica. @throws FairleadError `revision-conflict`: it is not elected any more; what {@link Store.commit} throws */
  take(): Promise<void>;
  /** Whether a commit that is made on a state is one of the present term, and this replica's. */
  mayCommit(state: StoreState): boolean;
  /** Refuses what {@link mayCommit} denies. @throws FairleadError `revision-conflict` */
  assertMayCommit(state: StoreState): void;
}

/** What the document says. */
interface Term {
  readonly replica: string;
  readonly term: number;
}

/** Who made it, as history tells it. */
const AUTHOR = "fairlead";

/** A right that nobody has taken yet in this process. */
export function createLeadership({ store, name, replica, isElected }: LeadershipOptions): Leadership {
  const key = leadershipKey(name);
  /** The revision of the document when it was taken. */
  let mine: number | undefined;
  const mayCommit = ({ documents }: StoreState) =>
    mine !== undefined && isElected() && documents.get(key)?.revision === mine;
  return {
    async take() {
      mine = undefined;
      const { state } = await store.commit(
        ({ documents }) => {
          if (!isElected()) throw passed(name);
          const before = documents.get(key)?.value as unknown as Term | undefined;
          return [{ kind: "document", key, value: { replica, term: (before?.term ?? 0) + 1 } }];
        },
        { author: AUTHOR, reason: `replica ${replica} reads the ${name} from now on` },
      );
      mine = state.documents.get(key)!.revision;
    },
    mayCommit,
    assertMayCommit(state) {
      if (!mayCommit(state)) throw passed(name);
    },
  };
}

/** The document with the term of what is led. */
export function leadershipKey(name: string): string {
  return `leaders/${name}`;
}

function passed(name: string): FairleadError {
  return new FairleadError("revision-conflict", `another replica reads the ${name} now: this one changed nothing`);
}
