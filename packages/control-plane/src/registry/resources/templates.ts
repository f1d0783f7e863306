import { pointerTo, segmentsOf, TYPE_URLS } from "@fairlead/envoy-api";
import type { Resource } from "@fairlead/xds";
import type { ParseResource } from "../../resources/parse.ts";
import type { Json } from "../../store/store.ts";
import type { Fault } from "../../validation/fault.ts";
import { placeLocalities } from "./assignment.ts";
import { defaultCluster, defaultListener, defaultRoutes } from "./default-resources.ts";
import { endpointJson } from "./endpoint.ts";
import { isJsonObject, mergePatch } from "./merge-patch.ts";
import type { ServiceBook } from "./service-book.ts";
import type { LocalityRule, Template } from "./settings.ts";

/** What lies over the defaults, the last of it deciding: configuration, group, service. */
export type Layers = readonly Template[];

/** A field of a template that makes a resource of its own. */
export type TemplateField = "cluster" | "listener" | "routes";

/** All of them. */
export const TEMPLATE_FIELDS: readonly TemplateField[] = ["cluster", "routes", "listener"];

/** What templates make, or why they don't. */
export interface Made<T> {
  /** `undefined` if there are faults. */
  readonly made: T | undefined;
  /** Errors; a pointer leads into the templates: `/cluster/lb_policy`. */
  readonly faults: readonly Fault[];
}

/** Makes what a service has beside its endpoints. */
export interface Templates {
  /** `undefined`: a service of that protocol has no such resource. */
  resource(field: TemplateField, book: ServiceBook, layers: Layers): Made<Resource> | undefined;
  /** The bytes of an assignment's field `policy`. */
  policy(layers: Layers): Made<Uint8Array>;
}

/** Templates whose resources are read, and checked, by `parse`. */
export function createTemplates(parse: ParseResource): Templates {
  return {
    resource(field, book, layers) {
      const protocol = layers.findLast((layer) => layer.protocol !== undefined)?.protocol ?? "h1";
      if (field !== "cluster" && protocol === "tcp") return undefined;
      const defaults = {
        cluster: () => clusterOf(book, defaultCluster(book.service, protocol), layers),
        listener: () => defaultListener(book.service),
        routes: () => defaultRoutes(book.service),
      };
      return read(parse, field, book.service, merged(defaults[field](), field, layers));
    },
    policy(layers) {
      const policy = merged({}, "endpoints", layers);
      if (Object.keys(policy as object).length === 0) return { made: NO_POLICY, faults: [] };
      const json = { "@type": TYPE_URLS.endpoints, cluster_name: ANY_NAME, policy };
      const { made, faults } = read(parse, "endpoints", ANY_NAME, json);
      return { made: made?.value.slice(ANY_NAME.length + 2), faults };
    },
  };
}

/** What the layers say of localities, the last first: of several that fit, the first counts. */
export function localityRules(layers: Layers): readonly LocalityRule[] {
  return layers.toReversed().flatMap(({ localities }) => localities ?? []);
}

const NO_POLICY = new Uint8Array();

/** A name whose field has a tag and a length of one byte each. */
const ANY_NAME = "any";

function merged(defaults: Json, field: TemplateField | "endpoints", layers: Layers): Json {
  return layers.reduce((json, layer) => {
    const patch = layer[field];
    return patch === undefined ? json : mergePatch(json, patch as Json);
  }, defaults);
}

/** EDS takes only IP addresses: with a host name among the instances, the proxy is to resolve them all. */
function clusterOf(book: ServiceBook, defaults: Json, layers: Layers): Json {
  if (book.hostNames === 0) return defaults;
  const byLocality = Map.groupBy(
    [...book.byAddress.values()].map(([first]) => first!).sort((a, b) => (a.key < b.key ? -1 : 1)),
    ({ localityKey }) => localityKey,
  );
  const endpoints = placeLocalities(book, localityRules(layers)).map(
    ({ key, book: { locality }, weight, priority }) => ({
      locality: { region: locality.region, zone: locality.zone, sub_zone: locality.subZone },
      lb_endpoints: byLocality.get(key)!.map(endpointJson),
      load_balancing_weight: weight,
      priority,
    }),
  );
  const load_assignment = { cluster_name: book.service, endpoints };
  return mergePatch(defaults, { type: "STRICT_DNS", eds_cluster_config: null, load_assignment });
}

function read(parse: ParseResource, field: string, name: string, json: Json): Made<Resource> {
  const { resource, faults } = parse(json);
  const errors = faults.filter(({ severity }) => severity === "error");
  if (resource && resource.name !== name) {
    const message = `this names it ${JSON.stringify(resource.name)}; it is named like its service, ${JSON.stringify(name)}: leave the name out`;
    return {
      made: undefined,
      faults: [{ severity: "error", rule: "template.name", message, pointer: pointerTo(`/${field}`, nameField(json)) }],
    };
  }
  if (resource && errors.length === 0) return { made: resource, faults: [] };
  return {
    made: undefined,
    faults: errors.map((fault) => ({ ...fault, pointer: templatePointer(field, fault.pointer) })),
  };
}

/** Patches have the shape of what they patch, so a pointer into the result leads into them as well. */
function templatePointer(field: string, pointer: string): string {
  const segments = field === "endpoints" ? segmentsOf(pointer).slice(1) : segmentsOf(pointer);
  return segments.reduce((path, segment) => pointerTo(path, segment), `/${field}`);
}

function nameField(json: Json): string {
  return isJsonObject(json) && "name" in json ? "name" : "cluster_name";
}
