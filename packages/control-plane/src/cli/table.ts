/**
 * A table for a terminal: columns as wide as their widest cell, two spaces between them, no trailing space.
 * A column in which every cell is empty is left out.
 */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const shown = header.map((_, column) => column === 0 || rows.some((row) => (row[column] ?? "") !== ""));
  const lines = [header, ...rows].map((row) =>
    header.map((_, i) => printable(row[i] ?? "")).filter((_, i) => shown[i]),
  );
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** A column: its heading, and the text of a row in it. */
export interface Column<T> {
  readonly head: string;
  readonly cell: (row: T) => string;
  /** Only in a wide table. */
  readonly isExtra?: boolean;
}

/** A table of rows by columns, by {@link formatTable}. */
export function formatColumns<T>(columns: readonly Column<T>[], rows: readonly T[], isWide: boolean): string {
  const shown = columns.filter(({ isExtra = false }) => isWide || !isExtra);
  return formatTable(
    shown.map(({ head }) => head),
    rows.map((row) => shown.map(({ cell }) => cell(row))),
  );
}

/** Text from outside (node ids, messages) without what would steer a terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ");
}

/** How long ago, in the largest unit that gives at least 1: `5s`, `3m`, `2h`, `4d`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
