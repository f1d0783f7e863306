import { z } from "zod";
import { Flag, MAX_NAME_LENGTH } from "./common.ts";

/** What can happen. */
export const EVENT_TYPES = [
  "revision",
  "converged",
  "connected",
  "disconnected",
  "acked",
  "nacked",
  "faulty",
  "recovered",
] as const;
/** One of {@link EVENT_TYPES}. */
export type EventType = (typeof EVENT_TYPES)[number];

const isEventType = (text: string): text is EventType => EVENT_TYPES.some((type) => type === text);

/** Which events to tell. */
export const EventsQuery = z.strictObject({
  types: z
    .string()
    .max(256)
    .refine(
      (text) => text.split(",").every(isEventType),
      `expected some of ${EVENT_TYPES.join(", ")}, with commas between`,
    )
    .optional()
    .describe(`Only these, with commas between: ${EVENT_TYPES.map((type) => `\`${type}\``).join(", ")}. Default: all.`),
  group: z.string().max(MAX_NAME_LENGTH).optional().describe("Only what concerns this group."),
  follow: Flag.default("true").describe("`false`: tell what is remembered, and end."),
});

/** Reads `types` of {@link EventsQuery}. */
export function readEventTypes(text: string | undefined): ReadonlySet<EventType> {
  return new Set(text === undefined ? EVENT_TYPES : text.split(",").filter(isEventType));
}

/** Where to go on. */
export const EventsHeaders = z.looseObject({
  "last-event-id": z
    .string()
    .max(128)
    .optional()
    .describe(
      "The `id` of the last event that was read: what came after it is told first. Browsers send it by themselves.",
    ),
});

/** An answer that is a stream of server-sent events. */
export const EVENT_STREAM = {
  description: "Events, until either side ends.",
  content: { "text/event-stream": { schema: z.string() } },
};
