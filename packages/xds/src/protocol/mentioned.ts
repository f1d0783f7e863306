import { MAX_REJECTION_LENGTH } from "./subscription.ts";

/** Those of the names that a rejection's text says; none, where it was cut and may have named more than it still says. */
export function mentionedIn(text: string, names: readonly string[]): readonly string[] {
  return text.length <= MAX_REJECTION_LENGTH ? names.filter((name) => mentions(text, name)) : [];
}

/** Whether a text names a resource: the name stands between characters that no name would go on with. */
function mentions(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const around = [text[at - 1], text[at + name.length]];
    if (around.every((character) => character === undefined || !/[\w./-]/.test(character))) return true;
  }
  return false;
}
