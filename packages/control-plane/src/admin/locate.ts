import { LineCounter, parseDocument } from "yaml";
import { type Located, locate } from "../validation/position.ts";

/** Beyond this, faults name pointers only: finding a place parses the text again, with positions. */
const MAX_LOCATED_CHARACTERS = 1 << 20;

/**
 * Tells where in a JSON text a pointer leads, or the nearest part of it that exists, and the pointer as the text spells
 * it; the pointer alone if that is unknown or too dear to find. The text is parsed when the first pointer is asked for.
 */
export function createLocator(text: string | undefined): (pointer: string) => Located {
  if (text === undefined || text.length > MAX_LOCATED_CHARACTERS) return (pointer) => ({ pointer });
  let parsed: ReturnType<typeof parseWithLines> | undefined;
  return (pointer) => {
    parsed ??= parseWithLines(text);
    return locate(parsed.document, parsed.lines, pointer);
  };
}

function parseWithLines(text: string) {
  const lines = new LineCounter();
  // JSON is YAML, and YAML's parser keeps positions.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, logLevel: "silent" });
  return { document, lines };
}
