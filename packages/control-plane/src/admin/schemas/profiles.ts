import { z } from "zod";

/** The longest profile, s. */
export const MAX_PROFILE_SECONDS = 300;

const seconds = z.coerce.number().int().min(1).max(MAX_PROFILE_SECONDS);

/** How long to watch. */
export const ProfileQuery = z.strictObject({
  seconds: seconds.default(30).describe("How long to record, s."),
});

/** Whether to watch. */
export const HeapQuery = z.strictObject({
  seconds: seconds
    .optional()
    .describe("Only what is allocated in the next so many seconds and is in use after them. Default: since the start."),
});
