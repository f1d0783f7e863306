import type { RegistryLimits } from "../limits.ts";
import type { Verdict } from "./book.ts";
import { createEntry, type Entry, type ServiceEntries } from "./entry.ts";

/** All instances that are known, by service. */
export interface Shelf {
  readonly services: ReadonlyMap<string, ServiceEntries>;
  /** Instances of all services. */
  readonly size: number;
  find(service: string, id: string): Entry | undefined;
  /** One that is not there yet. */
  create(service: string, id: string, nowMs: number): Entry;
  /** Forgets it, unless the store has something of it, or is to have. */
  forgetIfEmpty(entry: Entry): void;
}

/** @param forgotten hears of each that is forgotten */
export function createShelf(forgotten: (entry: Entry) => void): Shelf {
  const services = new Map<string, ServiceEntries>();
  let size = 0;
  return {
    services,
    find: (service, id) => services.get(service)?.entries.get(id),
    create(name, id, nowMs) {
      let service = services.get(name);
      if (!service) {
        service = { name, entries: new Map(), alarm: undefined, judgeAtMs: undefined };
        services.set(name, service);
      }
      const entry = createEntry(service, id, nowMs);
      service.entries.set(id, entry);
      size++;
      return entry;
    },
    forgetIfEmpty(entry) {
      if (entry.stored || entry.wish || entry.flight) return;
      const { service } = entry;
      if (service.entries.get(entry.id) !== entry) return; // forgotten before; there may be another in its place
      service.entries.delete(entry.id);
      size--;
      forgotten(entry);
      if (service.entries.size === 0) services.delete(service.name);
    },
    get size() {
      return size;
    },
  };
}

/** Why no instance of the service can be added; `undefined`: one can. */
export function whatIsFull({ services, size }: Shelf, service: string, limits: RegistryLimits): Verdict | undefined {
  const known = services.get(service);
  if (size >= limits.maxInstances) {
    return full(`${size} instances are registered: deregister some, or raise registry.maxInstances`);
  }
  if (!known && services.size >= limits.maxServices) {
    return full(`${services.size} services are registered: deregister some, or raise registry.maxServices`);
  }
  if (known && known.entries.size >= limits.maxInstancesPerService) {
    return full(
      `${service} has ${known.entries.size} instances: deregister some, or raise registry.maxInstancesPerService`,
    );
  }
  return undefined;
}

function full(message: string): Verdict {
  return { kind: "refused", result: "full", message };
}
