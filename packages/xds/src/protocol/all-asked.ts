import { TYPE_URLS } from "@fairlead/envoy-api";
import { withEntry } from "../rare-map.ts";
import { type Client, subscriptionsOf } from "./client-state.ts";
import { includes, isCollective } from "./interest.ts";
import { NOT_ASKED, type Resumption, type Subscription } from "./subscription.ts";

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
  const isCovered = waiting.toSorted(descending).every((ordinal, index) => (asked[index] ?? NOT_ASKED) >= ordinal);
  return isCommon || isCovered ? (asked[0] ?? NOT_ASKED) : undefined;
}

/** Names of endpoints that some stream of their own, or poll, asked for and took. */
export function endpointsAskedFor(client: Client): ReadonlySet<string> {
  const asked = subscriptionsOf(client, TYPE_URLS.endpoints).filter(({ askedAfter }) => askedAfter > NOT_ASKED);
  return new Set(asked.flatMap(({ interest }) => [...interest.names.names]));
}

/** A stream for endpoints is gone: should it come back while they are waited for, it has still asked as far as it had. */
export function noteBrokenOff(client: Client, { interest, askedAfter, isAggregated }: Subscription): void {
  if (isAggregated) return;
  for (const name of interest.names.names) {
    if (!client.needs.has(TYPE_URLS.endpoints, name)) continue;
    const known = client.brokenOff.get(name) ?? [];
    client.brokenOff = withEntry(
      client.brokenOff,
      name,
      [...known, askedAfter].sort(descending).slice(-MAX_BROKEN_OFF),
    );
  }
}

/**
 * A stream for endpoints came back with what it had taken: it is that of a cluster which was there before. Of those that broke off it is
 * taken for the one that had asked least, so that what waits rather waits too long.
 */
export function takeUp(client: Client, sub: Subscription, resumption: Resumption): void {
  const brought = resumption.mode === "delta" ? resumption.versions.size > 0 : resumption.version !== "";
  if (sub.isAggregated || !brought) return;
  sub.askedAfter = 0;
  const [name = "", ...others] = sub.interest.names.names;
  const [most, ...less] = others.length === 0 ? (client.brokenOff.get(name) ?? []) : [];
  if (most === undefined) return;
  const least = less.pop();
  sub.askedAfter = Math.max(0, least ?? most);
  if (least === undefined) client.brokenOff.delete(name);
  else client.brokenOff = withEntry(client.brokenOff, name, [most, ...less]);
}

/** Of one name: Envoy has a stream for each cluster that shares it. */
const MAX_BROKEN_OFF = 100;

function descending(a: number, b: number): number {
  return b - a;
}
