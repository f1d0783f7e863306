import type { TestContext } from "node:test";
import { createRegistry, type RegistryOptions } from "../../src/registry/create-registry.ts";
import type { Registration } from "../../src/registry/instance.ts";
import type { Registry } from "../../src/registry/registry.ts";
import { replicateAlone } from "../../src/replicas/alone.ts";
import { createStore } from "../../src/store/create-store.ts";
import type { Store } from "../../src/store/store.ts";

/** A registration with everything said; what a test is about is given. */
export function registrationOf(fields: Partial<Registration> = {}): Registration {
  return {
    service: "payments",
    id: "p-1",
    incarnation: 1,
    sequence: 1,
    address: "10.0.0.1",
    port: 8080,
    weight: 1,
    locality: { region: "", zone: "", subZone: "" },
    metadata: {},
    status: "UP",
    ttlMs: 30_000,
    ...fields,
  };
}

/** A registry of one replica, over a store in memory unless another is given; both end with the test. */
export function startRegistry(
  t: TestContext,
  options: Partial<RegistryOptions> = {},
): { readonly registry: Registry; readonly store: Store } {
  const store = options.store ?? createStore();
  const membership = replicateAlone({ id: "r-1", adminUrl: "http://127.0.0.1:1" }).membership;
  const registry = createRegistry({ membership, ...options, store });
  t.after(async () => {
    await registry.close();
    await store.close();
  });
  return { registry, store };
}

/** Nothing to announce. */
export const NOTHING = { register: [], heartbeats: [], deregister: [] };
