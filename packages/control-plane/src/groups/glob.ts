/**
 * Makes a test of one or several patterns in which `*` stands for any characters, none included; all else is literal
 * and case counts. Linear in the text, whatever the pattern: both can come from outside.
 */
export function globMatcher(pattern: string | readonly string[]): (text: string) => boolean {
  const matchers = (typeof pattern === "string" ? [pattern] : pattern).map(compileGlob);
  return (text) => matchers.some((matches) => matches(text));
}

function compileGlob(glob: string): (text: string) => boolean {
  const [head, ...rest] = glob.split("*");
  if (rest.length === 0) return (text) => text === glob;
  const tail = rest.pop()!;
  return (text) => {
    if (!text.startsWith(head!)) return false;
    const end = text.length - tail.length;
    let at = head!.length;
    for (const part of rest) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length; // the leftmost place leaves the most for the others
    }
    return at <= end && text.endsWith(tail);
  };
}
