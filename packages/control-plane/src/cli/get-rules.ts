import type { z } from "zod";
import type { RulesDocument } from "../admin/schemas/rules.ts";
import { createAdminClient } from "./admin-client.ts";
import type { OutputFormat } from "./output-formats.ts";
import { print } from "./print.ts";
import { formatTable, printable } from "./table.ts";

type Rules = z.infer<typeof RulesDocument>;
type Rule = Rules["rules"][number];

/** `fairlead get rules`: which group serves a node, and whose word that is. */
export async function getRules(options: { readonly admin: string; readonly output: OutputFormat }): Promise<void> {
  const rules = await createAdminClient(options.admin).get<Rules>("/v1/rules");
  await print(options.output, rules, () => formatRules(rules));
}

function formatRules({ from, revision, rules }: Rules): string {
  const origin =
    from === "store"
      ? `from the store, revision ${revision}: the same on every replica`
      : "from the configuration of this control plane (`groups:`)";
  if (rules.length === 0) {
    return `no rules: a node is served the first that exists of the groups named like its id, its cluster, and default; ${origin}`;
  }
  const rows = rules.map((rule, index) => [String(index + 1), matchOf(rule), groupOf(rule)]);
  return `${formatTable(["RULE", "NODES", "GROUP"], rows)}\n\n${origin}`;
}

function matchOf({ group, ifExists, metadata = {}, ...fields }: Rule): string {
  const named = [
    ...Object.entries(fields),
    ...Object.entries(metadata).map(([path, value]) => [`metadata.${path}`, value]),
  ];
  const matches = named.flatMap(([name, value]) => (value === undefined ? [] : `${name}=${[value].flat().join("|")}`));
  return printable(matches.join(" ")) || "all";
}

function groupOf({ group, ifExists }: Rule): string {
  return ifExists ? `${group} (if it exists)` : group;
}
