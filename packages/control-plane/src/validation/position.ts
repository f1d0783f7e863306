import { pointerTo, segmentsOf } from "@fairlead/envoy-api";
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type LineCounter, type Node, type Pair } from "yaml";

/** Where in a text, both 1-based; absent where it is not known. */
export interface Position {
  readonly line?: number;
  readonly column?: number;
}

/** A position, and the pointer that leads there in the text's own spelling. */
export interface Located extends Position {
  readonly pointer: string;
}

/**
 * Where in a YAML or JSON text the value at a JSON pointer begins; for what is missing, where its nearest parent does.
 *
 * A field's names in ProtoJSON (`connectTimeout`) and in the proto files (`connect_timeout`) are taken for the same,
 * since files may hold either and pointers name only one of them.
 */
export function locate(document: Document, lines: LineCounter, pointer: string): Located {
  let node: Node | null | undefined = document.contents as Node | null;
  let offset = node?.range?.[0];
  let spelled = "";
  for (const segment of segmentsOf(pointer)) {
    const next: Found | undefined = node === undefined ? undefined : childAt(document, node, segment);
    node = next?.value;
    offset = next?.offset ?? offset;
    spelled = pointerTo(spelled, next?.key ?? segment);
  }
  if (offset === undefined) return { pointer: spelled };
  const { line, col } = lines.linePos(offset);
  return { pointer: spelled, line, column: col };
}

/** {@link locate} for callers that have a pointer and want to keep it. */
export function positionAt(document: Document, lines: LineCounter, pointer: string): Position {
  const { line, column } = locate(document, lines, pointer);
  return line === undefined || column === undefined ? {} : { line, column };
}

interface Found {
  readonly key: string;
  readonly value: Node | null;
  readonly offset: number | undefined;
}

function childAt(document: Document, parent: Node | null, segment: string): Found | undefined {
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  if (isSeq(node)) {
    const item = node.items[Number(segment)];
    return isNode(item) ? { key: segment, value: item, offset: item.range?.[0] } : undefined;
  }
  if (!isMap(node)) return undefined;
  const pair =
    node.items.find((item) => keyText(item) === segment) ??
    node.items.find((item) => camelCase(keyText(item)) === camelCase(segment));
  if (!pair) return undefined;
  const { key, value } = pair;
  return { key: keyText(pair), value: isNode(value) ? value : null, offset: isNode(key) ? key.range?.[0] : undefined };
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
