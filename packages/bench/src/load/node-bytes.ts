import { encodeNode } from "@fairlead/xds";
import type { NodeTemplate } from "../plan/plan.ts";
import { fillTemplate } from "../plan/template.ts";

/** Encodes the `core.v3.Node` of client `client`. */
export function nodeBytes(template: NodeTemplate, client: number): Uint8Array {
  return encodeNode(nodeOf(template, client));
}

/** The same as ProtoJSON. */
export function nodeOf(template: NodeTemplate, client: number) {
  const node = fillStrings(template, { n: client }) as NodeTemplate;
  return {
    id: node.id,
    cluster: node.cluster,
    ...(node.locality && { locality: node.locality }),
    ...(node.metadata && { metadata: node.metadata }),
    userAgentName: "fairlead-bench",
  };
}

/** Fills in every string of a JSON value. */
function fillStrings(json: unknown, values: Readonly<Record<string, number>>): unknown {
  if (typeof json === "string") return fillTemplate(json, values);
  if (Array.isArray(json)) return json.map((item) => fillStrings(item, values));
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, fillStrings(item, values)]));
}
