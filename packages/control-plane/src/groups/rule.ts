import { z } from "zod";
import { templateFaults } from "./template.ts";

const pattern = z.union([z.string(), z.array(z.string()).min(1)]);

const field = (what: string) =>
  pattern.optional().meta({ description: `${what}; a string or any one of a list, \`*\` stands for any characters.` });

/** One rule of `groups:`. All the fields it has must match. */
export const groupRuleSchema = z.strictObject({
  id: field("The node's id"),
  cluster: field("The node's cluster"),
  region: field("The region of the node's locality"),
  zone: field("The zone of the node's locality"),
  subZone: field("The sub-zone of the node's locality"),
  metadata: z.record(z.string(), pattern).optional().meta({
    description: "Values in the node's metadata by path (`team`, `labels.app`), matched like the other fields.",
  }),
  san: field("A URI or DNS SAN of the client's verified certificate: an identity that is proven, not claimed"),
  group: z
    .string()
    .min(1)
    .superRefine((text, context) => {
      for (const message of templateFaults(text)) context.addIssue({ code: "custom", message });
    })
    .meta({
      description:
        "The group, with `{node.id}`, `{node.cluster}`, `{node.region}`, `{node.zone}`, `{node.subZone}`, `{node.metadata.PATH}` or `{san}` filled in. A rule whose result is not a name for a group does not match.",
    }),
  ifExists: z.boolean().default(false).meta({ description: "Passes the rule over while its group does not exist." }),
});

/** One rule of `groups:`, read. */
export type GroupRule = Readonly<z.output<typeof groupRuleSchema>>;
