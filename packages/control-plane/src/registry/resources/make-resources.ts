import { NO_FACTS, TYPE_URLS } from "@fairlead/envoy-api";
import { createResource, type Resource } from "@fairlead/xds";
import type { Fault } from "../../validation/fault.ts";
import { encodeAssignment, placeLocalities } from "./assignment.ts";
import type { ServiceBook } from "./service-book.ts";
import { type Layers, localityRules, type Made, type TemplateField, type Templates } from "./templates.ts";

/** The types of what services become, what is referred to first. */
export const SERVICE_TYPES: readonly string[] = [
  TYPE_URLS.cluster,
  TYPE_URLS.endpoints,
  TYPE_URLS.routes,
  TYPE_URLS.listener,
];

const FIELD_BY_TYPE_URL: ReadonlyMap<string, TemplateField> = new Map([
  [TYPE_URLS.cluster, "cluster"],
  [TYPE_URLS.routes, "routes"],
  [TYPE_URLS.listener, "listener"],
]);

/** A resource, and what kept it from being another. */
export interface MadeResource {
  /** `undefined`: the service has none of that type. */
  readonly resource: Resource | undefined;
  readonly faults: readonly Fault[];
}

/** What one resource of a service is made of. */
export interface ResourceParts {
  readonly templates: Templates;
  readonly layers: Layers;
  /** What there is of that type and name by now, made of the same service. */
  readonly known: Resource | undefined;
}

/** Makes the resource of a type that a service has; where templates are at fault, the one that is known, or one without them. */
export function makeResource(typeUrl: string, book: ServiceBook, parts: ResourceParts): MadeResource {
  if (typeUrl === TYPE_URLS.endpoints) return makeAssignment(book, parts);
  const field = FIELD_BY_TYPE_URL.get(typeUrl)!;
  const { templates, layers, known } = parts;
  const first = templates.resource(field, book, layers);
  if (!first) return NOTHING;
  const resource = first.made ?? known ?? withoutFaulty(layers, (left) => templates.resource(field, book, left));
  return { resource, faults: first.faults };
}

function makeAssignment(book: ServiceBook, { templates, layers }: ResourceParts): MadeResource {
  if (book.hostNames > 0) return NOTHING; // they are in the cluster
  const { made, faults } = templates.policy(layers);
  const policy = made ?? withoutFaulty(layers, templates.policy)!;
  const value = encodeAssignment(book.service, placeLocalities(book, localityRules(layers)), policy);
  return {
    resource: createResource({ typeUrl: TYPE_URLS.endpoints, name: book.service, value, facts: NO_FACTS }),
    faults,
  };
}

const NOTHING: MadeResource = { resource: undefined, faults: [] };

/** What is made with as many layers as go, the last left out first; the defaults alone always do. */
function withoutFaulty<T>(layers: Layers, make: (layers: Layers) => Made<T> | undefined): T | undefined {
  for (let count = layers.length; count >= 0; count--) {
    const made = make(layers.slice(0, count))?.made;
    if (made !== undefined) return made;
  }
  return undefined;
}
