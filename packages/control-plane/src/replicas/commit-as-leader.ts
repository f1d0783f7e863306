import type { Committer } from "../validation/commit.ts";
import type { Leadership } from "./leadership.ts";

/**
 * A committer for who leads: of a former term nothing is committed, neither what it had read before it was halted or cut off, nor what was under
 * way to the store by then.
 */
export function commitAsLeader(committer: Committer, leadership: Pick<Leadership, "assertMayCommit">): Committer {
  return {
    ...committer,
    commit: (changes, options) =>
      committer.commit((state) => {
        leadership.assertMayCommit(state);
        return typeof changes === "function" ? changes(state) : changes;
      }, options),
  };
}
