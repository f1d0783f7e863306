import { nearest } from "@fairlead/envoy-api";
import type { NodeIdentity } from "@fairlead/xds";
import { isGroupName } from "./name.ts";

/** What a placeholder is replaced with; `undefined`: the node says nothing there, so the rule does not match. */
type Fill = (node: NodeIdentity, san: string | undefined) => string | undefined;

const FILLS: Readonly<Record<string, Fill>> = {
  "node.id": (node) => node.id,
  "node.cluster": (node) => node.cluster,
  "node.region": (node) => node.locality.region,
  "node.zone": (node) => node.locality.zone,
  "node.subZone": (node) => node.locality.subZone,
  san: (_node, san) => san,
};

const METADATA = "node.metadata.";

/** What is wrong with a template, in words; empty if nothing is. */
export function templateFaults(template: string): string[] {
  const faults = placeholders(template)
    .filter((name) => !fillOf(name))
    .map((name) => `unknown placeholder {${name}}${suggestion(name)}`);
  const fixed = template.replace(/\{[^{}]*\}/g, "");
  if (/[{}]/.test(fixed)) faults.push("a brace has no partner");
  else if (fixed !== "" && !isGroupName(`x${fixed}`)) faults.push("a group's name has no slashes, spaces or controls");
  else if (fixed === template && !isGroupName(template)) faults.push("a group's name does not start with a dot");
  return faults;
}

/** Makes a function of a valid template; it answers `undefined` where the result would not be a group's name. */
export function compileTemplate(template: string): Fill {
  const parts = template.split(/\{([^{}]*)\}/); // text and placeholder by turns
  return (node, san) => {
    let name = "";
    for (const [index, part] of parts.entries()) {
      const text = index % 2 === 0 ? part : fillOf(part)?.(node, san);
      if (text === undefined || (index % 2 === 1 && text === "")) return undefined;
      name += text;
    }
    return isGroupName(name) ? name : undefined;
  };
}

/** The value at a dotted path, as text; a key that has dots itself wins over a path. Only scalars are text. */
export function metadataAt(metadata: NodeIdentity["metadata"], path: string): string | undefined {
  const value = valueAt(metadata, path);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? `${value}` : undefined;
}

function valueAt(value: unknown, path: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const record = value as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(record, path)) return record[path];
  for (let dot = path.indexOf("."); dot > 0; dot = path.indexOf(".", dot + 1)) {
    const key = path.slice(0, dot);
    if (!Object.hasOwn(record, key)) continue;
    const found = valueAt(record[key], path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

function fillOf(name: string): Fill | undefined {
  if (name.startsWith(METADATA) && name.length > METADATA.length) {
    const path = name.slice(METADATA.length);
    return (node) => metadataAt(node.metadata, path);
  }
  return Object.hasOwn(FILLS, name) ? FILLS[name] : undefined;
}

function placeholders(template: string): string[] {
  return [...template.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1]!);
}

function suggestion(name: string): string {
  const known = nearest(name, [...Object.keys(FILLS), `${METADATA}PATH`]);
  return known ? `, did you mean {${known}}?` : `; known are ${[...Object.keys(FILLS), `${METADATA}PATH`].join(", ")}`;
}
