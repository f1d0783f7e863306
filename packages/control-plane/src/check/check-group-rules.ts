import type { Config } from "../config/config.ts";
import { globMatcher } from "../groups/glob.ts";
import type { Fault } from "../validation/fault.ts";

/**
 * Says which rules of `groups:` choose a group that there is not, and which groups no rule chooses. Doubtful only: a
 * group may come over the admin API.
 */
export function checkGroupRules(rules: Config["groups"], groups: Iterable<string>): readonly Fault[] {
  if (rules.length === 0) return []; // every group is chosen by a node's id or cluster
  const known = [...groups];
  const faults: Fault[] = [];
  const patterns = rules.map((rule) => globMatcher(rule.group.replace(/\{[^{}]*\}/g, "*")));
  for (const [index, rule] of rules.entries()) {
    if (rule.ifExists || known.some((group) => patterns[index]!(group))) continue;
    const message = `no group here is called ${rule.group}: its nodes get nothing unless the admin API defines it; name one of ${known.join(", ")}, or set ifExists: true`;
    faults.push(warning("group.missing", message, `/groups/${index}/group`));
  }
  for (const group of known) {
    if (patterns.some((pattern) => pattern(group))) continue;
    const message = `no rule chooses group ${group}, so no node gets what it holds: add a rule, or remove the group`;
    faults.push({ ...warning("group.unreachable", message, "/groups"), group });
  }
  return faults;
}

function warning(rule: string, message: string, pointer: string): Fault {
  return { severity: "warning", rule, message, pointer };
}
