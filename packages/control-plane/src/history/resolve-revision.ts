import { FairleadError } from "../errors.ts";
import type { Store, StoreState } from "../store/store.ts";

/**
 * The number of a revision that is named `123`, `latest`, or with `~N` behind it: N revisions before that.
 *
 * @throws FairleadError `revision-unknown`, `revision-forgotten` with the `oldest` that is kept, `store-unavailable`
 */
export async function resolveRevision(store: Store, name: string): Promise<number> {
  const [, base = "latest", back = "0"] = /^(\d+|latest)?(?:~(\d+))?$/.exec(name) ?? [];
  const start = base === "latest" ? store.state().revision : Number(base);
  await requireRevision(store, start);
  const count = Number(back);
  if (count === 0) return start;
  const older = await store.history({ from: 0, to: start - 1, limit: count });
  if (older.length === count) return older.at(-1)!.revision;
  // What was before the oldest commit may be known too.
  const first = (older.at(-1)?.revision ?? start) - 1;
  if (older.length === count - 1 && (await store.stateAt(first))) return first;
  throw new FairleadError(
    "revision-forgotten",
    `There is no revision ${name}: only ${older.length} before ${start} are kept`,
    { members: { oldest: older.at(-1)?.revision ?? start } },
  );
}

/**
 * Refuses what is no revision, or none any more.
 *
 * @throws FairleadError `revision-unknown`, `revision-forgotten` with the `oldest` that is kept, `store-unavailable`
 */
export async function requireRevision(store: Store, revision: number): Promise<void> {
  const newest = store.state().revision;
  if (revision === newest) return;
  const [record] = await store.history({ from: revision, to: revision, limit: 1 });
  if (record) return;
  if (revision > newest) throw unknown(revision, `the latest is ${newest}`);
  const state = await store.stateAt(revision);
  if (state?.revision === revision) return;
  if (state?.revision === 0) throw unknown(revision, "it is before the first");
  if (state) throw unknown(revision, `the one before it is ${state.revision}`);
  const oldest = await oldestRevision(store);
  throw new FairleadError(
    "revision-forgotten",
    `Revision ${revision} is no longer kept, if it ever was: the oldest that is kept is ${oldest} (\`fairlead history\`, GET /v1/revisions)`,
    { members: { oldest } },
  );
}

/**
 * The state right after a revision.
 *
 * @throws FairleadError as {@link requireRevision} does
 */
export async function stateAtRevision(store: Store, revision: number): Promise<StoreState> {
  const state = await store.stateAt(revision);
  if (state) return state;
  await requireRevision(store, revision); // which says why there is none
  throw new FairleadError("revision-forgotten", `What was there at revision ${revision} is no longer kept.`);
}

function unknown(revision: number, hint: string): FairleadError {
  const message = `There is no revision ${revision}: ${hint}. \`fairlead history\` (GET /v1/revisions) lists them`;
  return new FairleadError("revision-unknown", message);
}

/** The oldest revision that is kept, by bisection: history is read newest first, and this is asked for in errors only. */
async function oldestRevision(store: Store): Promise<number> {
  let oldest = store.state().revision;
  let low = 0;
  while (low < oldest) {
    const middle = Math.floor((low + oldest) / 2);
    const [found] = await store.history({ from: low, to: middle, limit: 1 });
    if (found) oldest = found.revision;
    else low = middle + 1;
  }
  return oldest;
}
