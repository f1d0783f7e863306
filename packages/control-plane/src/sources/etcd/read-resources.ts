import type { Resource } from "@fairlead/xds";
import { parse as parseYaml } from "yaml";
import type { ParseResource } from "../../resources/parse.ts";
import type { Fault } from "../../validation/fault.ts";

/** What a value says: resources, and what is wrong with them. */
export interface ReadValue {
  readonly resources: readonly Resource[];
  readonly faults: readonly Fault[];
}

/** Aliases in YAML multiply what they name: a few are a convenience, many are an attack. */
const MAX_ALIASES = 100;

/** Reads a value that holds a resource, a list of them, or `{resources: […]}`, in JSON or YAML. */
export function readResources(text: string, parse: ParseResource): ReadValue {
  let content: unknown;
  try {
    content = parseYaml(text, { maxAliasCount: MAX_ALIASES });
  } catch (error) {
    const [message] = (error as Error).message.split("\n");
    return { resources: [], faults: [{ severity: "error", rule: "yaml.syntax", message: message!, pointer: "" }] };
  }
  const resources: Resource[] = [];
  const faults: Fault[] = [];
  for (const [pointer, json] of resourcesIn(content)) {
    const read = parse(json);
    faults.push(...read.faults.map((fault) => ({ ...fault, pointer: pointer + fault.pointer })));
    if (read.resource) resources.push(read.resource);
  }
  return { resources, faults };
}

function resourcesIn(content: unknown): [pointer: string, json: unknown][] {
  if (Array.isArray(content)) return content.map((json, index) => [`/${index}`, json]);
  const list = (content as { readonly resources?: unknown } | null)?.resources;
  if (Array.isArray(list)) return list.map((json, index) => [`/resources/${index}`, json]);
  return [["", content]];
}
