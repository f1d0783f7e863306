const PLACEHOLDER = /\{([^{}]*)\}/g;

/**
 * Fills a template: `{n}` becomes the value of that name, `{n:05}` the same padded with zeros to five digits. Other braces stay as they
 * are, so JSON may stand around.
 */
export function fillTemplate(template: string, values: Readonly<Record<string, number | string>>): string {
  if (!template.includes("{")) return template;
  return template.replace(PLACEHOLDER, (whole, inside: string) => {
    const { name, width } = readPlaceholder(inside) ?? {};
    const value = name === undefined || !Object.hasOwn(values, name) ? undefined : values[name];
    return value === undefined ? whole : String(value).padStart(width ?? 0, "0");
  });
}

/** What is wrong with a template that may hold just these names; `undefined`: nothing. A word in braces is taken for a slip, JSON is not. */
export function templateFault(template: string, names: readonly string[]): string | undefined {
  for (const [whole, inside = ""] of template.matchAll(PLACEHOLDER)) {
    const found = readPlaceholder(inside);
    if (found && names.includes(found.name)) continue;
    if (found || /^\w+(:\w*)?$/.test(inside)) {
      const known = names.map((name) => `{${name}}`).join(", ");
      return `${whole} stands for nothing here; there is ${known}${found === undefined ? `, and {${names[0]}:05} pads with zeros` : ""}`;
    }
  }
  return undefined;
}

/** Whether the template says something else for each value of the name. */
export function mentions(template: string, name: string): boolean {
  return template.matchAll(PLACEHOLDER).some(([, inside]) => readPlaceholder(inside!)?.name === name);
}

/** The texts around the places of one name, and how wide each place is at least: one text more than there are places. */
export function splitTemplate(
  template: string,
  name: string,
): { readonly texts: readonly string[]; readonly widths: readonly number[] } {
  const texts: string[] = [];
  const widths: number[] = [];
  let from = 0;
  for (const match of template.matchAll(PLACEHOLDER)) {
    const found = readPlaceholder(match[1]!);
    if (found?.name !== name) continue;
    texts.push(template.slice(from, match.index));
    widths.push(found.width);
    from = match.index + match[0].length;
  }
  return { texts: [...texts, template.slice(from)], widths };
}

/** More digits than a number has are a slip. */
const MAX_WIDTH = 20;

function readPlaceholder(inside: string): { readonly name: string; readonly width: number } | undefined {
  const [, name, digits = "0"] = /^([a-z]+)(?::0?(\d{1,2}))?$/.exec(inside) ?? [];
  return name === undefined || Number(digits) > MAX_WIDTH ? undefined : { name, width: Number(digits) };
}
