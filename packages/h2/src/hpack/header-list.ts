/** Headers in their order: names at even places, each followed by its value. Latin-1. */
export type HeaderList = readonly string[];

/** The first value of a header, `undefined` if it is not there. @param name in lower case */
export function headerValue(headers: HeaderList, name: string): string | undefined {
  for (let at = 0; at < headers.length; at += 2) if (headers[at] === name) return headers[at + 1];
  return undefined;
}
