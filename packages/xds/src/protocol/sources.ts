import type { Reference } from "@fairlead/envoy-api";
import type { Client } from "./client-state.ts";
import { type Interest, includes } from "./interest.ts";
import type { Sent, Subscription } from "./subscription.ts";
import { owe } from "./subscription.ts";
import { differences, resourcesIn, type View } from "./view.ts";

/**
 * Owes names that a listener asks for from a config source that no listener had before. To Envoy that is a subscription
 * of its own, which waits, but the name is subscribed on this stream already: it asks for nothing (O2).
 */
export function oweNewSources(client: Client, listeners: Subscription, { view }: Sent, held: View): void {
  if (!listeners.isAggregated) return;
  const { subscriptions } = client.streams.get(listeners.streamId)!;
  let known: ReadonlySet<string> | undefined;
  for (const { after } of differences(held, view, listeners.interest)) {
    for (const reference of after?.facts.references ?? []) {
      const { typeUrl, name, source } = reference;
      const asked = subscriptions.get(typeUrl);
      if (source === undefined || !asked || !includes(asked.interest, name)) continue;
      known ??= sourcesIn(held, listeners.interest);
      if (known.has(keyOf(reference))) continue;
      if (!asked.owed.has(name)) owe(asked, name, "warming");
      asked.isDirty = true;
    }
  }
}

/** Of whole views: a thousand clients of one group go from the same view to the next. */
const knownSources = new WeakMap<View, ReadonlySet<string>>();

function sourcesIn(view: View, interest: Interest): ReadonlySet<string> {
  const known = interest.kind === "wildcard" ? knownSources.get(view) : undefined;
  if (known) return known;
  const sources = new Set(resourcesIn(view, interest).flatMap(({ facts }) => facts.references.map(keyOf)));
  if (interest.kind === "wildcard") knownSources.set(view, sources);
  return sources;
}

function keyOf({ typeUrl, name, source }: Reference): string {
  return `${source} ${typeUrl} ${name}`;
}
