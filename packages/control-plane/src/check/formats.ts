/** How `fairlead check` tells what it found. */
export const CHECK_FORMATS = ["text", "json", "github"] as const;

/** One of {@link CHECK_FORMATS}. */
export type CheckFormat = (typeof CHECK_FORMATS)[number];
