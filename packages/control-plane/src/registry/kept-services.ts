import type { DocumentChange } from "../store/store.ts";
import { serviceDocumentKey } from "./instance.ts";
import { instanceOfKey } from "./instance-document.ts";

/**
 * Services that have a document. One that is registered for the first time is remembered so beyond its last instance, until it is deleted:
 * proxies must not lose a cluster because all instances are away for a moment.
 */
export interface KeptServices {
  readonly names: ReadonlySet<string>;
  /** Whether the store has the document of a service. */
  learn(service: string, isThere: boolean): void;
  /** What has services kept of which these changes put the first instance. */
  toKeep(changes: readonly DocumentChange[]): readonly DocumentChange[];
}

/** None yet. */
export function createKeptServices(): KeptServices {
  const names = new Set<string>();
  return {
    names,
    learn(service, isThere) {
      if (isThere) names.add(service);
      else names.delete(service);
    },
    toKeep(changes) {
      const fresh = new Set<string>();
      for (const { key, value } of changes) {
        const { service } = instanceOfKey(key) ?? {};
        if (service !== undefined && value !== undefined && !names.has(service)) fresh.add(service);
      }
      return Array.from(fresh, (service) => {
        return { kind: "document", key: serviceDocumentKey(service), value: {}, ifRevision: 0 };
      });
    },
  };
}
