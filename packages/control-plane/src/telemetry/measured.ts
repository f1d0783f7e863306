import { TYPE_URLS } from "@fairlead/envoy-api";
import type { ClientStatus, EdgeCounts, WorkerStatus } from "@fairlead/xds";
import { stateOf } from "../admin/node-document.ts";
import type { Registry } from "../registry/registry.ts";
import type { Source } from "../sources/source.ts";
import type { Store } from "../store/store.ts";
import type { Measured } from "./metrics.ts";

/** Where the state that metrics gauge is read from. */
export interface MeasuredParts {
  readonly store: Store;
  readonly sources: readonly Source[];
  readonly registry: Registry;
  readonly clients: () => Iterable<ClientStatus>;
  readonly edge: () => EdgeCounts;
  readonly workers: () => readonly WorkerStatus[];
  readonly isReady: () => boolean;
}

/** What the metrics gauge at each scrape, out of the parts of a running control plane. */
export function measuredFrom({ store, sources, registry, clients, edge, workers, isReady }: MeasuredParts): Measured {
  return {
    *resources() {
      for (const { types } of store.state().groups.values()) {
        for (const [typeUrl, entries] of types) yield [typeUrl, entries.size] as const;
      }
    },
    groups() {
      const broken = new Set(sources.flatMap((source) => [...source.status().faultyGroups.keys()]));
      const known = new Set([...store.state().groups.keys(), ...broken]);
      return { known: known.size, broken: broken.size };
    },
    sources: () => sources.map((source) => source.status()).map(({ name, faultySinceMs }) => ({ name, faultySinceMs })),
    *clients() {
      for (const { isObserver, types } of clients()) if (!isObserver) yield { state: stateOf(types) };
    },
    hasCluster: (group, cluster) =>
      store.state().groups.get(group)?.types.get(TYPE_URLS.cluster)?.has(cluster) === true,
    registry: () => registry,
    store,
    edge,
    workers,
    get isReady() {
      return isReady();
    },
  };
}
