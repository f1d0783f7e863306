import { segmentsOf } from "@fairlead/envoy-api";
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type LineCounter, type Node, type Pair } from "yaml";

/** Where in a text, both 1-based; absent where it is not known. */
export interface Position {
  readonly line?: number;
  readonly column?: number;
}

/**
 * Where in a YAML or JSON text the value at a JSON pointer begins; for what is missing, where its nearest parent does.
 *
 * A field's names in ProtoJSON (`connectTimeout`) and in the proto files (`connect_timeout`) are taken for the same,
 * since files may hold either and pointers name only one of them.
 */
export function positionAt(document: Document, lines: LineCounter, pointer: string): Position {
  let node: Node | null = document.contents as Node | null;
  let offset = node?.range?.[0];
  for (const segment of segmentsOf(pointer)) {
    const next = childAt(document, node, segment);
    if (!next) break;
    node = next.value;
    offset = next.offset ?? offset;
  }
  if (offset === undefined) return {};
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

interface Found {
  readonly value: Node | null;
  readonly offset: number | undefined;
}

function childAt(document: Document, parent: Node | null, segment: string): Found | undefined {
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  if (isSeq(node)) {
    const item = node.items[Number(segment)];
    return isNode(item) ? { value: item, offset: item.range?.[0] } : undefined;
  }
  if (!isMap(node)) return undefined;
  const pair =
    node.items.find((item) => keyText(item) === segment) ??
    node.items.find((item) => camelCase(keyText(item)) === camelCase(segment));
  if (!pair) return undefined;
  const key = pair.key as Node | null;
  return { value: isNode(pair.value) ? pair.value : null, offset: isNode(key) ? key.range?.[0] : undefined };
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
