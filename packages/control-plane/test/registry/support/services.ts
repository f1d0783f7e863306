import type { JsonObject } from "@bufbuild/protobuf";
import { loadSchema, type ResourceKind, resourceToJson, shortNameOf, TYPE_URLS } from "@fairlead/envoy-api";
import type { Resource } from "@fairlead/xds";
import { type ConfigInput, configOf } from "../../../src/config/config.ts";
import { type Instance, instanceDocumentKey, serviceDocumentKey } from "../../../src/registry/instance.ts";
import { createDerivation, type Derivation } from "../../../src/registry/resources/create-derivation.ts";
import { createStore } from "../../../src/store/create-store.ts";
import { type Change, entryOf, type Json, type Store } from "../../../src/store/store.ts";

/** The schema that tests read resources by. */
export const schema = await loadSchema();

/** A store that makes resources of services, as `fairlead serve` does. */
export function serviceStore(registry: ConfigInput["registry"] = {}): Store {
  return derivingStore(registry).store;
}

/** The same with how it does. */
export function derivingStore(registry: ConfigInput["registry"] = {}): {
  readonly store: Store;
  readonly derivation: Derivation;
} {
  const derivation = createDerivation(schema, configOf({ registry }));
  return { store: createStore({ derive: derivation.derive }), derivation };
}

/** An instance of `web`, where nothing else is said. */
export function instance(id: string, differing: Partial<Instance> = {}): Instance {
  return {
    service: "web",
    id,
    incarnation: 1,
    sequence: 1,
    address: "127.0.0.1",
    port: 8080,
    weight: 1,
    locality: { region: "", zone: "", subZone: "" },
    metadata: {},
    status: "UP",
    ttlMs: 10_000,
    isHealthy: true,
    owner: "replica",
    ...differing,
  };
}

/** The change that stores an instance. */
export function putInstance(value: Instance): Change {
  return { kind: "document", key: instanceDocumentKey(value.service, value.id), value: value as unknown as Json };
}

/** The change that removes an instance. */
export function removeInstance(service: string, id: string): Change {
  return { kind: "document", key: instanceDocumentKey(service, id), value: undefined };
}

/** The change that sets, or with `undefined` removes, what a service has of its own. */
export function putSettings(service: string, value: Json | undefined): Change {
  return { kind: "document", key: serviceDocumentKey(service), value };
}

/** What a group holds of services' types, as `eds/web`, sorted. */
export function held(store: Store, group = "default"): string[] {
  const types = [...(store.state().groups.get(group)?.types ?? [])];
  return types.flatMap(([type, entries]) => [...entries.keys()].map((name) => `${shortNameOf(type)}/${name}`)).sort();
}

/** A resource of a group as JSON; `undefined`: there is none. */
export function shown(store: Store, kind: ResourceKind, name = "web", group = "default"): JsonObject | undefined {
  const resource = resourceIn(store, kind, name, group);
  return resource && resourceToJson(schema, resource.typeUrl, resource.value);
}

/** A resource of a group. */
export function resourceIn(store: Store, kind: ResourceKind, name = "web", group = "default"): Resource | undefined {
  return entryOf(store.state().groups.get(group), { typeUrl: TYPE_URLS[kind], name })?.resource;
}
