/** A text with one kind of number in it: `{n}` in any place, `{n:05}` padded with zeros. */
export type NumberTemplate = (value: number) => string;

/** Splits a template once, so that filling it in is a concatenation. `letter` is what stands in the braces. */
export function numberTemplate(template: string, letter: "i" | "n"): NumberTemplate {
  const { texts, widths } = splitTemplate(template, letter);
  return (value) => {
    let filled = texts[0]!;
    for (let at = 0; at < widths.length; at++) filled += String(value).padStart(widths[at]!, "0") + texts[at + 1]!;
    return filled;
  };
}

/** The texts between the numbers, and the least width of each number. */
export function splitTemplate(
  template: string,
  letter: "i" | "n",
): { readonly texts: readonly string[]; readonly widths: readonly number[] } {
  const parts = template.split(new RegExp(`\\{${letter}(?::0?(\\d{1,2}))?\\}`));
  return {
    texts: parts.filter((_, at) => at % 2 === 0).map((text) => text ?? ""),
    widths: parts.filter((_, at) => at % 2 === 1).map((width) => Number(width ?? 0)),
  };
}

/** Fills in every string in a JSON value. */
export function fillStrings(json: unknown, letter: "i" | "n", value: number): unknown {
  if (typeof json === "string") return numberTemplate(json, letter)(value);
  if (Array.isArray(json)) return json.map((item) => fillStrings(item, letter, value));
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, fillStrings(item, letter, value)]));
}
