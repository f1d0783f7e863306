import { TYPE_URLS } from "@fairlead/envoy-api";
import { type Client, subscriptionsOf } from "./client-state.ts";
import { takersOf } from "./cluster-endpoints.ts";
import { includes, isCollective } from "./interest.ts";
import type { Subscription } from "./subscription.ts";

/**
 * Whether clusters that share their endpoints still wait for them. With a stream of its own each, as Envoy does it, one
 * has them when the answer on its stream is ACKed. No stream says which cluster it is for: there have to be as many as
 * clusters, old and new. A stream with several names is all clusters' in common.
 *
 * @param silent clusters that were given up waiting for, and take these endpoints
 */
export function awaitsSiblings(
  client: Client,
  endpoints: string,
  silent: readonly string[] | undefined,
  isRejected: (client: Client, clusters: Subscription, name: string) => boolean,
): boolean {
  if (!silent && !client.needs.has(TYPE_URLS.endpoints, endpoints)) return false;
  const clusters = new Set(silent);
  for (const sub of subscriptionsOf(client, TYPE_URLS.cluster)) {
    if (!isCollective(sub.interest)) continue;
    for (const name of mayTake(sub, endpoints)) if (!isRejected(client, sub, name)) clusters.add(name);
  }
  if (clusters.size < 2) return false;
  let streams = 0;
  for (const { interest, polls, inFlight, owed, owesAll, rejected } of subscriptionsOf(client, TYPE_URLS.endpoints)) {
    if (!includes(interest, endpoints)) continue;
    // Polls for the same name look the same, whichever cluster's they are.
    if (polls || isCollective(interest) || interest.names.names.size > 1) return false;
    if (inFlight.length > 0 || owed.size > 0 || owesAll || rejected.has(endpoints)) return true;
    streams += 1;
  }
  return streams < clusters.size;
}

/** Clusters that may have a stream for these endpoints: of one that was dropped it lives until that is answered. */
function* mayTake({ interest, acked, held, inFlight, waves }: Subscription, endpoints: string) {
  const views = new Set(inFlight.map(({ view }) => view));
  for (const view of [acked, held]) if (view) views.add(view);
  for (const view of views) for (const name of takersOf(endpoints, view)) if (includes(interest, name)) yield name;
  for (const { clustersByEndpoints } of waves) yield* clustersByEndpoints.get(endpoints) ?? [];
}
