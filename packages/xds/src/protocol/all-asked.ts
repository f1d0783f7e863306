import { TYPE_URLS } from "@fairlead/envoy-api";
import { type Client, subscriptionsOf } from "./client-state.ts";
import { includes, isCollective } from "./interest.ts";

/**
 * The clusters that wait for these endpoints: the ordinal of the response that brought each.
 *
 * @param silent clusters that were given up waiting for, and take these endpoints
 */
export function waitingFor(client: Client, endpoints: string, silent: readonly string[]): readonly number[] {
  const waiting = new Map(silent.map((name) => [name, client.blocked.get(name)?.ordinal ?? 0]));
  for (const { interest, waves } of subscriptionsOf(client, TYPE_URLS.cluster)) {
    if (!isCollective(interest)) continue;
    for (const { clustersByEndpoints, rejected, ordinal } of waves) {
      // One that is changed while it waits is begun anew: its newest stream counts.
      for (const name of clustersByEndpoints.get(endpoints) ?? []) if (!rejected.has(name)) waiting.set(name, ordinal);
    }
  }
  return [...waiting.values()];
}

/**
 * Whether all that wait for these endpoints have them, and up to which ordinal; `undefined`: not all.
 *
 * With a stream of its own for each cluster, as Envoy has it, one that is new or changed asks on a new stream, and has them when
 * the answer is ACKed. No stream says which cluster it is for. So there have to be as many as clusters wait, each with an answer
 * from after the clusters that it is counted for: a stream may have come late, and be that of an earlier one.
 */
export function allAskedUpTo(client: Client, endpoints: string, waiting: readonly number[]): number | undefined {
  const streams = subscriptionsOf(client, TYPE_URLS.endpoints).filter(({ interest }) => includes(interest, endpoints));
  const asked = streams.map(({ askedAfter }) => askedAfter).sort(descending);
  // Polls for the same name look the same, whichever cluster's they are; a stream with several names is all clusters' in common.
  const isCommon = streams.some(
    ({ interest, polls, isAggregated }) =>
      isAggregated || polls !== undefined || isCollective(interest) || interest.names.names.size > 1,
  );
  const isCovered = waiting.toSorted(descending).every((ordinal, index) => (asked[index] ?? -1) >= ordinal);
  return isCommon || isCovered ? (asked[0] ?? 0) : undefined;
}

function descending(a: number, b: number): number {
  return b - a;
}
