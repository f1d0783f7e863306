import { z } from "zod";
import { Missing } from "./common.ts";

/** A proxy that has not accepted a change. */
const Straggler = z.object({
  node: z.string().describe("Its node id."),
  peer: z.string().describe("Its address."),
  typeUrl: z.string().describe("The type concerned."),
  name: z.string().optional().describe("The resource that it rejects, where that is known."),
  message: z.string().describe("Why it rejected, in its own words; or what it is waiting for."),
});

/** How proxies took a revision. */
export const Reception = z
  .object({
    acked: z.int().describe("How many proxies hold it or something newer, with those it does not concern."),
    ackedNodes: z.array(z.string()).describe("Their node ids, at most 1,000."),
    rejected: z.array(Straggler).describe("Who rejected it and why, an entry per resource; at most 1,000."),
    pending: z.array(Straggler).describe("Who has not answered, at most 1,000."),
  })
  .meta({ id: "Reception", description: "How the connected proxies of a group took a revision." });
/** How proxies took a revision. */
export type Reception = z.infer<typeof Reception>;

/** What a wait came to. */
export const WaitResult = z
  .object({
    outcome: z
      .enum(["acked", "rejected", "timeout"])
      .describe("`acked`: by all. `rejected`: by some, and all answered. `timeout`: some did not answer in time."),
    ...Reception.shape,
    gone: z.array(z.string()).describe("Node ids that disconnected before they answered, at most 1,000."),
    waitedMs: z.int().describe("How long it took, ms."),
    missing: Missing,
  })
  .meta({ id: "WaitResult", description: "How proxies received a change." });
/** What a wait came to. */
export type WaitResult = z.infer<typeof WaitResult>;
