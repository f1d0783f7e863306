import type { OutputFormat } from "./output-formats.ts";

/** Prints a value for programs or people; `table` makes the text of the latter. */
export async function print(
  format: OutputFormat,
  value: unknown,
  table: (shape: { readonly isWide: boolean }) => string,
): Promise<void> {
  process.stdout.write(`${await render(format, value, table)}\n`);
}

async function render(
  format: OutputFormat,
  value: unknown,
  table: (shape: { readonly isWide: boolean }) => string,
): Promise<string> {
  if (format === "table" || format === "wide") return table({ isWide: format === "wide" });
  if (format === "json") return JSON.stringify(value, null, 2);
  const { stringify } = await import("yaml");
  return stringify(value).trimEnd();
}
