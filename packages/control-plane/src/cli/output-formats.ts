/** How a command can print what it found: `wide` is a table with more columns. */
export const OUTPUT_FORMATS = ["table", "wide", "json", "yaml"] as const;
/** One of {@link OUTPUT_FORMATS}. */
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];
