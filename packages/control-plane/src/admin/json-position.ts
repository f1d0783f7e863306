/** A place in a text; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The line and column of an offset in a text. */
export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: countLines(before), column: offset - lineStart + 1 };
}

/**
 * Where a text stops being JSON: the offset of the first character that cannot stand there, or `undefined` if it is
 * JSON. `JSON.parse` tells it for some errors only, and in words that change with the engine.
 */
export function findJsonError(text: string): number | undefined {
  const scan = { text, at: 0 };
  if (!skipValue(scan)) return scan.at;
  skipSpace(scan);
  return scan.at < text.length ? scan.at : undefined;
}

interface Scan {
  readonly text: string;
  at: number;
}

const SPACE = /[ \t\r\n]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;
const ATOM = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

function countLines(text: string): number {
  let lines = 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}

/** Moves past one value; nesting is kept in a list, not on the stack, so that depth costs no call. */
function skipValue(scan: Scan): boolean {
  const open: ("}" | "]")[] = [];
  for (;;) {
    skipSpace(scan);
    const opener = scan.text[scan.at];
    if (opener === "{" || opener === "[") {
      scan.at++;
      const closer = opener === "{" ? "}" : "]";
      if (!take(scan, closer)) {
        open.push(closer);
        if (closer === "}" && !skipKey(scan)) return false;
        continue;
      }
    } else if (!skipScalar(scan)) return false;
    while (open.length > 0 && take(scan, open.at(-1)!)) open.pop();
    if (open.length === 0) return true;
    if (!take(scan, ",")) return false;
    if (open.at(-1) === "}" && !skipKey(scan)) return false;
  }
}

function skipKey(scan: Scan): boolean {
  skipSpace(scan);
  return scan.text[scan.at] === '"' && skipScalar(scan) && take(scan, ":");
}

function skipScalar(scan: Scan): boolean {
  if (scan.text[scan.at] !== '"') return skip(scan, ATOM) > 0;
  skip(scan, STRING);
  if (scan.text[scan.at] !== '"') return false;
  scan.at++;
  return true;
}

function skipSpace(scan: Scan): void {
  skip(scan, SPACE);
}

function take(scan: Scan, character: string): boolean {
  skipSpace(scan);
  if (scan.text[scan.at] !== character) return false;
  scan.at++;
  return true;
}

function skip(scan: Scan, pattern: RegExp): number {
  pattern.lastIndex = scan.at;
  const length = pattern.exec(scan.text)?.[0].length ?? 0;
  scan.at += length;
  return length;
}
