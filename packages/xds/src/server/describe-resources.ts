import type { Resource } from "../cache/resource.ts";
import { targetOf } from "../protocol/overlay.ts";
import type { Subscription } from "../protocol/subscription.ts";
import { isSame, namesIn, resourceIn, type View } from "../protocol/view.ts";
import type { ClientEntry } from "./client-entry.ts";
import { wallTimeMs } from "./clock.ts";
import type { ResourceStatus } from "./status.ts";

/** What a client has of each resource that it asks for, or was sent. Looked up as it is asked for. */
export function* describeResources({ machine }: ClientEntry): Generator<ResourceStatus> {
  for (const { typeUrl, subscriptions } of machine.types) {
    for (const sub of subscriptions) {
      const target = targetOf(machine, typeUrl);
      const seen = new Set<string>();
      for (const view of [target, sub.held ?? target]) {
        for (const name of namesIn(view, sub.interest)) {
          if (seen.has(name)) continue;
          seen.add(name);
          yield describeResource(sub, target, name);
        }
      }
    }
  }
}

function describeResource(sub: Subscription, target: View, name: string): ResourceStatus {
  const { typeUrl } = sub;
  const wanted = resourceIn(target, name);
  const sent = sub.held && resourceIn(sub.held, name);
  const acked = sub.acked && resourceIn(sub.acked, name);
  const ackedAtMs = acked && sub.lastAckAtMs !== undefined ? wallTimeMs(sub.lastAckAtMs) : undefined;
  const common = { typeUrl, name, acked, ackedAtMs };
  if (sub.rejected.has(name)) {
    const nack = sub.nack && { ...sub.nack, atMs: wallTimeMs(sub.nack.atMs) };
    return { ...common, state: "rejected", sent, nack };
  }
  if (!wanted && !sent) return { ...common, state: isToldMissing(sub) ? "missing" : "unsent", sent };
  if (!isSame(wanted, sent)) return { ...common, state: "unsent", sent };
  return { ...common, state: isAcked(sent, acked) ? "synced" : "sent", sent };
}

function isAcked(sent: Resource | undefined, acked: Resource | undefined): boolean {
  return acked !== undefined && isSame(sent, acked);
}

/** Whether the client knows that a name does not exist: delta says so; in SotW only a response that is complete does. */
function isToldMissing({ held, mode, traits }: Subscription): boolean {
  return held !== undefined && (mode === "delta" || traits.isFullState);
}
