import { z } from "zod";
import { groupRuleSchema } from "../../groups/rule.ts";
import { MAX_STORED_RULES } from "../../groups/rules-document.ts";

const GroupRuleDocument = groupRuleSchema.meta({
  id: "GroupRule",
  description: "One rule of which group serves a node. All the fields it has must match.",
});

/** The rules that are to count. */
export const PutRules = z
  .strictObject({
    rules: z
      .array(GroupRuleDocument)
      .max(MAX_STORED_RULES)
      .describe(
        "In order: the first that matches decides. Empty: the first that exists of the groups named like the node's id, its cluster, and `default`.",
      ),
  })
  .meta({ id: "PutRules", description: "The rules that are to count instead of the configuration's." });

/** The rules that count. */
export const RulesDocument = z
  .object({
    from: z
      .enum(["store", "configuration"])
      .describe("`store`: written here, the same on every replica; `configuration`: `groups:` of this replica."),
    revision: z.int().describe("The revision that wrote them, as the `ETag` says; 0: there are none in the store."),
    rules: z.array(GroupRuleDocument).describe("In order: the first that matches decides."),
  })
  .meta({ id: "Rules", description: "Which group serves a node, now." });

/** Conditions of a write of rules. */
export const RulesHeaders = z.looseObject({
  "if-match": z
    .string()
    .optional()
    .describe('Only if the rules in the store are of this revision (`"1795360189468"`), or with `*` if there are any.'),
  "if-none-match": z.string().optional().describe("`*`: only if there are no rules in the store."),
});
