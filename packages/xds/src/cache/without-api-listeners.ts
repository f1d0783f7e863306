import { TYPE_URLS } from "@fairlead/envoy-api";
import { remember } from "../remember.ts";
import type { Snapshot, TypeSnapshot } from "./snapshot.ts";

const snapshots = new WeakMap<Snapshot, Snapshot>();
const listeners = new WeakMap<TypeSnapshot["resources"], TypeSnapshot>();

/**
 * A snapshot without the listeners that have only an `api_listener`: the snapshot itself where there are none. While only
 * those change, its listeners are the same object. Cost: little, once for all clients alike.
 */
export function withoutApiListeners(snapshot: Snapshot): Snapshot {
  const type = snapshot.types.get(TYPE_URLS.listener);
  if (!type?.addressed) return snapshot;
  const { addressed } = type;
  return remember(snapshots, snapshot, () => {
    let shown = listeners.get(addressed);
    if (shown?.label !== type.label) shown = undefined;
    // What expires is looked for among those that are left.
    shown ??= { ...type, resources: addressed, expiring: undefined, addressed: undefined };
    listeners.set(addressed, shown);
    return { ...snapshot, types: new Map(snapshot.types).set(type.typeUrl, shown) };
  });
}
