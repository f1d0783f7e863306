/**
 * What the admin API says of a parameter, in the words of the command line, whose options are called as the parameters are;
 * `undefined`: it is of something else.
 */
export function inFlags(detail: string): string | undefined {
  const [, part, name = "", text = ""] = /^The request's (query|path): (\w+): (.*)$/s.exec(detail) ?? [];
  if (part === undefined) return undefined;
  if (part === "path") return `${name}: ${text}`;
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}: ${text}`;
}
