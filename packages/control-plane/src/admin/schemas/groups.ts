import { z } from "zod";
import { Next, Page, Versions } from "./common.ts";
import { FaultDocument } from "./problem.ts";
import { Reception } from "./reception.ts";

/** What is asked of the list of groups. */
export const GroupsQuery = Page;

/** One group. */
export const GroupDocument = z
  .object({
    group: z.string(),
    revision: z.int().describe("The revision that last changed it."),
    resources: z.record(z.string(), z.int()).describe("How many resources there are, by type URL."),
    versions: Versions,
    owners: z.array(z.string()).describe("Who defines resources in it."),
    nodes: z.int().describe("How many connected proxies it serves."),
    includes: z
      .array(z.string())
      .optional()
      .describe("Groups that it includes, directly or not, in order of precedence."),
    missing: z
      .array(z.string())
      .optional()
      .describe("Groups that it includes and that are not there, so that its newest content is not served."),
    state: z
      .enum(["ok", "broken", "deleted"])
      .describe(
        "`broken`: its newest input is wrong or incomplete, and the last good state is served. `deleted`: nobody defines it " +
          "any more; its proxies keep what they have, until it is there again or forgotten.",
      ),
    faults: z.array(FaultDocument).optional().describe("What is wrong with the newest input, at most 100."),
  })
  .meta({ id: "Group", description: "The nodes that share a configuration, and that configuration in numbers." });

/** One group, with how its proxies took what it holds. */
export const GroupDetail = GroupDocument.extend({
  reception: Reception.describe("How its proxies took its content as it is now."),
}).meta({ id: "GroupDetail", description: "One group, with how its proxies took what it holds." });

/** A group that was forgotten. */
export const ForgottenGroup = z
  .object({
    group: z.string(),
    nodes: z.int().describe("How many connected proxies it had; they belong elsewhere now."),
  })
  .meta({ id: "ForgottenGroup", description: "A deleted group that is remembered no longer." });

/** All groups. */
export const GroupsPage = z
  .object({
    revision: z.int().describe("The newest revision of all."),
    groups: z.array(GroupDocument).describe("Ordered by name."),
    next: Next,
  })
  .meta({ id: "GroupsPage", description: "Groups." });
