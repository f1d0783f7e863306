import { MAX_REJECTION_LENGTH } from "./subscription.ts";

/** What a name may go on with. */
const WORDS = /[\w./-]+/g;

/** Those of the names that a rejection's text says; none, where it was cut and may have named more than it still says. */
export function mentionedIn(text: string, names: readonly string[]): readonly string[] {
  if (text.length > MAX_REJECTION_LENGTH) return [];
  // There may be thousands of names, and the client writes the text: only those are sought in it all whose words it has.
  const words = new Set(text.match(WORDS));
  return names.filter((name) => (name.match(WORDS) ?? []).every((word) => words.has(word)) && mentions(text, name));
}

/** Whether a text names a resource: the name stands between characters that no name would go on with. */
function mentions(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const around = [text[at - 1], text[at + name.length]];
    if (around.every((character) => character === undefined || !/[\w./-]/.test(character))) return true;
  }
  return false;
}
