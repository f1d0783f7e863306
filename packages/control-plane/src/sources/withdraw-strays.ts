import { API_OWNER } from "../admin/api-resources.ts";
import type { Config } from "../config/config.ts";
import { type Change, DERIVED_OWNER, type GroupState, type Owner, type StoreState } from "../store/store.ts";
import type { Committer } from "../validation/commit.ts";
import { sourceChannel } from "./channels.ts";
import { NODE_OWNER } from "./nodes/node-groups.ts";
import type { Source } from "./source.ts";

/** Who made it, as history tells it. */
const AUTHOR = "fairlead";
/** Groups that a message names. */
const MAX_NAMED = 10;

/** Settings of {@link withdrawStrays}. */
export interface StrayOptions {
  readonly committer: Committer;
  readonly config: Pick<Config, "allowEmpty" | "sources">;
  /** All that are configured. */
  readonly sources: readonly Pick<Source, "name">[];
}

/**
 * Withdraws what sources left in the store that are not configured any more: nobody else ever would. A group that would come to
 * hold nothing stays, unless `allowEmpty` says so or a configured source fills it: it is more likely that a source was forgotten.
 *
 * @throws what {@link Committer.commit} throws
 */
export async function withdrawStrays({ committer, config, sources }: StrayOptions): Promise<void> {
  const known = new Set([API_OWNER, DERIVED_OWNER, ...sources.map(({ name }) => name)]);
  const { allowEmpty } = config;
  const filled = new Set(config.sources.map(({ group }) => group));
  const mayGo = (group: GroupState, owner: Owner) =>
    allowEmpty || owner === NODE_OWNER || filled.has(group.group) || !isAllOf(group, known);
  for (const owner of strayOwners(committer.store.state(), known)) {
    const startedAt = performance.now();
    let kept: readonly string[] = [];
    let gone: readonly string[] = [];
    const changesOf = ({ groups }: StoreState): Change[] => {
      const held = [...groups.values()].filter(({ owners }) => owners.has(owner));
      kept = held.filter((group) => !mayGo(group, owner)).map(({ group }) => group);
      gone = held.filter((group) => mayGo(group, owner)).map(({ group }) => group);
      return gone.map((group) => ({ kind: "withdraw", group, owner }));
    };
    const reason = `${owner} is not in the configuration any more`;
    const { revision, warnings, refused } = await committer.commit(changesOf, {
      leaveOutFaulty: true,
      author: AUTHOR,
      reason,
    });
    const groups = gone.filter((group) => !refused.has(group));
    const tookMs = performance.now() - startedAt;
    if (groups.length > 0) {
      const message = { source: owner, author: AUTHOR, reason, revision, groups, warnings, tookMs };
      sourceChannel("fairlead:source:committed").publish(message);
    }
    warn(owner, kept, `${reason}, and there is nothing else in groups`, "to take them away set allowEmpty: true");
    warn(owner, [...refused.keys()], `${reason}, and others still refer to what it left in groups`, "mend these");
  }
}

/** Owners of something in a state beside those that are known. */
export function strayOwners({ groups }: StoreState, known: ReadonlySet<Owner>): Set<Owner> {
  const all = Iterator.from(groups.values()).flatMap(({ owners }) => owners.keys());
  return new Set(all.filter((owner) => !known.has(owner)));
}

/** Whether a group holds nothing but what strays left. */
function isAllOf({ owners }: GroupState, known: ReadonlySet<Owner>): boolean {
  return ![...owners].some(([owner, keys]) => known.has(owner) && keys.size > 0);
}

function warn(source: Owner, groups: readonly string[], why: string, mend: string): void {
  if (groups.length === 0) return;
  const more = groups.length > MAX_NAMED ? ` and ${groups.length - MAX_NAMED} more` : "";
  const message = `${why} ${groups.slice(0, MAX_NAMED).join(", ")}${more}: they are kept; name the source again, or ${mend}`;
  sourceChannel("fairlead:source:warning").publish({ source, message });
}
