/**
 * The samples of some metrics in a page of Prometheus' text format (also of OpenMetrics), summed over their labels.
 * Lines that are none of theirs are not looked at.
 */
export function readPrometheusText(text: string, names: readonly string[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const line of text.split("\n")) {
    const name = names.find((one) => line.startsWith(one) && /[\s{]/.test(line.charAt(one.length)));
    if (name === undefined) continue;
    const value = readValue(line.slice(name.length));
    if (Number.isFinite(value)) sums.set(name, (sums.get(name) ?? 0) + value);
  }
  return sums;
}

/** ` 12.5`, `{a="b"} 12.5 1700000000000`: label values may hold anything, quotes and backslashes escaped. */
function readValue(rest: string): number {
  const [, value] = /^(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?\s+(\S+)/.exec(rest) ?? [];
  return value === undefined ? Number.NaN : Number(value);
}
