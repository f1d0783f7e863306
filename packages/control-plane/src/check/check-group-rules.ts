import { pointerTo } from "@fairlead/envoy-api";
import type { Config } from "../config/config.ts";
import { globMatcher } from "../groups/glob.ts";
import { compileIncludes } from "../groups/includes.ts";
import type { Fault } from "../validation/fault.ts";

/**
 * Says which rules of `groups:` and `includes:` name a group that there is not, and which groups reach no node. Doubtful
 * only: a group may come over the admin API.
 */
export function checkGroupRules(
  { groups: rules, includes }: Pick<Config, "groups" | "includes">,
  groups: Iterable<string>,
): readonly Fault[] {
  const defined = [...groups];
  const { named } = compileIncludes(includes);
  const faults = missingIncludes(includes, new Set([...defined, ...named]));
  if (rules.length === 0) return faults; // every group is chosen by a node's id or cluster
  const known = [...new Set([...defined, ...named])];
  const included = new Set(Object.values(includes).flat());
  const patterns = rules.map((rule) => globMatcher(rule.group.replace(/\{[^{}]*\}/g, "*")));
  for (const [index, rule] of rules.entries()) {
    if (rule.ifExists || known.some((group) => patterns[index]!(group))) continue;
    const message = `no group here is called ${rule.group}: its nodes get nothing unless the admin API defines it; name one of ${known.join(", ")}, or set ifExists: true`;
    faults.push(warning("group.missing", message, `/groups/${index}/group`));
  }
  for (const group of known) {
    if (included.has(group) || patterns.some((pattern) => pattern(group))) continue;
    const message = `no rule chooses group ${group}, so no node gets what it holds: add a rule, or remove the group`;
    faults.push({ ...warning("group.unreachable", message, "/groups"), group });
  }
  return faults;
}

function missingIncludes(includes: Config["includes"], known: ReadonlySet<string>): Fault[] {
  return Object.entries(includes).flatMap(([key, included]) =>
    included.flatMap((group, index) => {
      if (known.has(group)) return [];
      const message = `no group here is called ${group}: ${key} is not served until the admin API defines it`;
      return [warning("group.missing", message, pointerTo(pointerTo(pointerTo("", "includes"), key), `${index}`))];
    }),
  );
}

function warning(rule: string, message: string, pointer: string): Fault {
  return { severity: "warning", rule, message, pointer };
}
