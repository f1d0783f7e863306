import type { NodeIdentity } from "@fairlead/xds";
import { globMatcher } from "./glob.ts";
import type { GroupRule } from "./rule.ts";
import { compileTemplate, metadataAt } from "./template.ts";

/** Says which group serves a node; `undefined`: none. `exists` tells which groups there are. */
export type GroupRules = (node: NodeIdentity, exists: (group: string) => boolean) => string | undefined;

/** The group of nodes that no other claims, where there are no rules. */
export const DEFAULT_GROUP = "default";

/**
 * Makes one function of the rules of `groups:`.
 *
 * The first rule that matches decides, whether or not its group exists: else a proxy would be given another
 * group's configuration because its own is late. Without rules: the first that exists of node id, node cluster, and
 * `default`, which is also the answer if none does.
 */
export function compileGroupRules(rules: readonly GroupRule[]): GroupRules {
  if (rules.length === 0) return groupByName;
  const compiled = rules.map(compileRule);
  return (node, exists) => {
    for (const rule of compiled) {
      const group = rule(node, exists);
      if (group !== undefined) return group;
    }
    return undefined;
  };
}

const groupByName: GroupRules = (node, exists) =>
  [node.id, node.cluster].find((name) => name !== "" && exists(name)) ?? DEFAULT_GROUP;

type TextOf = (node: NodeIdentity) => string | undefined;

function compileRule(rule: GroupRule): GroupRules {
  const conditions: [TextOf, (text: string) => boolean][] = [];
  const require = (pattern: string | string[] | undefined, textOf: TextOf) => {
    if (pattern !== undefined) conditions.push([textOf, globMatcher(pattern)]);
  };
  require(rule.id, (node) => node.id);
  require(rule.cluster, (node) => node.cluster);
  require(rule.region, (node) => node.locality.region);
  require(rule.zone, (node) => node.locality.zone);
  require(rule.subZone, (node) => node.locality.subZone);
  for (const [path, pattern] of Object.entries(rule.metadata ?? {})) {
    require(pattern, (node) => metadataAt(node.metadata, path));
  }
  const isSan = rule.san === undefined ? () => true : globMatcher(rule.san);
  const fill = compileTemplate(rule.group);

  return (node, exists) => {
    for (const [textOf, matches] of conditions) {
      const text = textOf(node);
      if (text === undefined || !matches(text)) return undefined;
    }
    const san = node.sans.find(isSan);
    if (rule.san !== undefined && san === undefined) return undefined;
    const group = fill(node, san);
    return group !== undefined && (!rule.ifExists || exists(group)) ? group : undefined;
  };
}
