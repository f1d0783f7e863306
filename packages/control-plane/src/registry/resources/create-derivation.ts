import type { Schema } from "@fairlead/envoy-api";
import { emptyMap } from "@fairlead/xds";
import type { Config } from "../../config/config.ts";
import { FairleadError } from "../../errors.ts";
import { resourceParser } from "../../resources/parse.ts";
import { type Derive, EMPTY_STATE, type StoreState } from "../../store/store.ts";
import { type Fault, formatFault } from "../../validation/fault.ts";
import { bookKeeper } from "./books.ts";
import { ANY_SERVICE, allFaults, type TemplateChecks, templateChecks } from "./check-templates.ts";
import { deriveResources } from "./derive.ts";
import { endpointEncoder } from "./endpoint.ts";
import { createLayerReader } from "./layers.ts";
import { emptyBook } from "./service-book.ts";
import { createTemplates } from "./templates.ts";

/** How services become resources. */
export interface Derivation {
  /** For the store. */
  readonly derive: Derive;
  /** What is wrong with the templates of a group's services, which are made as they were or without what is at fault. */
  faultsOf(group: string): readonly Fault[];
  /** Checks of what is to be written, against the present state of a store. */
  checks(state: () => StoreState): TemplateChecks;
}

/**
 * How services become resources by the configuration. The schema is the one configured, not what is registered while the
 * control plane runs, so that all replicas come to the same.
 *
 * @throws FairleadError `config-invalid` where `registry.templates` make no resources
 */
export function createDerivation(schema: Schema, config: Pick<Config, "registry" | "validation">): Derivation {
  const keep = bookKeeper(endpointEncoder(schema));
  const layers = createLayerReader(config.registry);
  const templates = createTemplates(resourceParser(schema, config.validation));
  const any = emptyBook(ANY_SERVICE);
  const wrong = allFaults(templates, any, layers.layersOf(EMPTY_STATE, config.registry.group, any)).map((fault) => {
    return { ...fault, pointer: `/registry/templates${fault.pointer}` };
  });
  if (wrong.length > 0) throw new FairleadError("config-invalid", wrong.map(formatFault).join("\n"), { faults: wrong });
  const faults = new Map<string, Map<string, readonly Fault[]>>();
  const tell = (group: string, service: string, found: readonly Fault[]) => {
    const ofGroup = faults.get(group) ?? new Map<string, readonly Fault[]>();
    if (found.length > 0) faults.set(group, ofGroup.set(service, found));
    else if (ofGroup.delete(service) && ofGroup.size === 0) faults.delete(group);
  };
  return {
    derive: deriveResources({
      layers,
      templates,
      tell,
      booksOf: (state, before) => keep(state.documents, before?.documents ?? emptyMap()),
    }),
    faultsOf: (group) => [...(faults.get(group)?.values() ?? [])].flat(),
    checks: (state) => templateChecks({ layers, templates, state, books: () => keep(state().documents) }),
  };
}
