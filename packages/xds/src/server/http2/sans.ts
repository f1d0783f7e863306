/**
 * The URI and DNS names of a certificate, from the text that Node makes of `subjectAltName`: entries joined by `, `, and
 * one that could be mistaken for several is a JSON string.
 */
export function readSans(subjectAltName: string | undefined): string[] {
  const sans: string[] = [];
  let rest = subjectAltName ?? "";
  while (rest !== "") {
    const entry = /^([^:,]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/.exec(rest);
    if (entry === null) return sans; // not what Node writes: better no name than a wrong one
    rest = rest.slice(entry[0].length);
    const [, kind, value] = entry as unknown as [string, string, string];
    if (kind === "URI" || kind === "DNS") sans.push(value.startsWith('"') ? (JSON.parse(value) as string) : value);
  }
  return sans;
}
