import { type Document, LineCounter, parseAllDocuments } from "yaml";
import type { Fault } from "../../validation/fault.ts";
import { type Located, locate, type Position, positionAt } from "../../validation/position.ts";

/** A YAML text as plain values. */
export interface YamlText {
  readonly documents: readonly YamlDocument[];
  /** Why it is no YAML; then `documents` is of no use. */
  readonly faults: readonly Fault[];
}

/** One of its documents. */
export interface YamlDocument {
  readonly value: unknown;
  /** Where it begins. */
  readonly start: Position;
  /** Where each item of its `resources` begins. */
  readonly resourceStarts: readonly Position[];
}

/** A place to be found in a text. */
export interface Sought {
  readonly pointer: string;
  /** A line at or before which the document in question begins; absent: the first document. */
  readonly line?: number | undefined;
}

/** Reads YAML, of which JSON is a part. Plain data in and out, so that it can be done in another thread. */
export function readYaml(text: string): YamlText {
  const { documents, lines } = parse(text);
  const faults: Fault[] = [];
  const read: YamlDocument[] = [];
  for (const document of documents) {
    const start = positionAt(document, lines, "");
    for (const { message, pos } of document.errors) {
      const at = lines.linePos(pos[0]);
      faults.push({ severity: "error", rule: "yaml.syntax", message, pointer: "", line: at.line, column: at.col });
    }
    if (document.errors.length > 0) continue;
    try {
      const value: unknown = document.toJS();
      read.push({ value, start, resourceStarts: startsOf(value, document, lines) });
    } catch (error) {
      // Aliases that multiply beyond reason, for one.
      const { message } = error as Error;
      faults.push({ severity: "error", rule: "yaml.content", message, pointer: "", ...start });
    }
  }
  return { documents: read, faults };
}

/** Finds places in a YAML or JSON text; reads it once for all of them. */
export function locateAll(text: string, sought: readonly Sought[]): Located[] {
  const { documents, lines } = parse(text);
  const begins = documents.map((document) => locate(document, lines, "").line ?? 1);
  return sought.map(({ pointer, line }) => {
    const index = line === undefined ? 0 : begins.findLastIndex((begin) => begin <= line);
    const document = documents[Math.max(0, index)];
    return document ? locate(document, lines, pointer) : { pointer };
  });
}

function parse(text: string): { readonly documents: readonly Document.Parsed[]; readonly lines: LineCounter } {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, merge: true });
  return { documents: Array.isArray(parsed) ? parsed : [], lines };
}

function startsOf(value: unknown, document: Document, lines: LineCounter): Position[] {
  const { resources } = (value ?? {}) as { readonly resources?: unknown };
  if (!Array.isArray(resources)) return [];
  return resources.map((_, index) => positionAt(document, lines, `/resources/${index}`));
}
