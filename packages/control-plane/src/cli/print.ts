/** How a command prints what it found. */
export type OutputFormat = "table" | "json" | "yaml";

/** Prints a value for programs or people; `table` makes the text of the latter. */
export async function print(format: OutputFormat, value: unknown, table: () => string): Promise<void> {
  process.stdout.write(`${await render(format, value, table)}\n`);
}

async function render(format: OutputFormat, value: unknown, table: () => string): Promise<string> {
  if (format === "table") return table();
  if (format === "json") return JSON.stringify(value, null, 2);
  const { stringify } = await import("yaml");
  return stringify(value).trimEnd();
}
