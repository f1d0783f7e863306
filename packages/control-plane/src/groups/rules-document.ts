import { z } from "zod";
import type { Json } from "../store/store.ts";
import { type GroupRule, groupRuleSchema } from "./rule.ts";

/** The document that holds the rules which count instead of the configuration's, on every replica. */
export const GROUP_RULES_KEY = "rules/groups";

/** Rules in the store, at most: each node that comes may be tried by all of them. */
export const MAX_STORED_RULES = 10_000;

const rulesSchema = z.array(groupRuleSchema).max(MAX_STORED_RULES);

/** Reads the value of the document; `undefined`: it is no list of rules. */
export function readGroupRules(value: Json): readonly GroupRule[] | undefined {
  return rulesSchema.safeParse(value).data;
}
