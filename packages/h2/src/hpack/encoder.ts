import { H2Error } from "../errors.ts";
import { huffmanBytes, writeHuffman } from "./huffman.ts";
import { staticTable } from "./static-table.ts";

/** How {@link encodeHeaders} writes. */
export interface EncodeOptions {
  /** Huffman-codes a text where that is shorter. Default `true`. */
  readonly huffman?: boolean;
}

const indexByName = new Map<string, number>();
const indexByPair = new Map<string, number>();
staticTable.forEach(([name, value], at) => {
  if (!indexByName.has(name)) indexByName.set(name, at + 1);
  if (value !== "") indexByPair.set(`${name}\n${value}`, at + 1);
});

/**
 * A dynamic table size update to 0: what the first block has to begin with after the peer lowered the table's limit, since
 * {@link encodeHeaders} never uses the table.
 */
export const emptyTableUpdate: Uint8Array = Uint8Array.of(0x20);

/**
 * Encodes headers as a block that uses the static table only, so that it means the same on every connection and can be
 * shared among them.
 * @param headers names in lower case and their values, Latin-1
 * @throws {H2Error} `invalid-argument` for text that is not Latin-1
 */
export function encodeHeaders(
  headers: readonly (readonly [name: string, value: string])[],
  { huffman = true }: EncodeOptions = {},
): Uint8Array {
  const parts = headers.flatMap(([name, value]) => encodeHeader(name, value, huffman));
  return Buffer.concat(parts);
}

function encodeHeader(name: string, value: string, huffman: boolean): Uint8Array[] {
  const pair = indexByPair.get(`${name}\n${value}`);
  if (pair !== undefined) return [encodeInteger(pair, 7, 0x80)];
  const nameIndex = indexByName.get(name);
  const text = encodeString(value, huffman);
  if (nameIndex !== undefined) return [encodeInteger(nameIndex, 4, 0), text];
  return [Uint8Array.of(0), encodeString(name, huffman), text];
}

function encodeString(text: string, huffman: boolean): Uint8Array {
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) > 0xff) throw new H2Error("invalid-argument", `a header's text is not Latin-1: ${text}`);
  }
  const coded = huffman ? huffmanBytes(text) : text.length;
  if (coded >= text.length) return Buffer.concat([encodeInteger(text.length, 7, 0), Buffer.from(text, "latin1")]);
  const length = encodeInteger(coded, 7, 0x80);
  const bytes = Buffer.alloc(length.length + coded);
  bytes.set(length);
  writeHuffman(text, bytes, length.length);
  return bytes;
}

/** @see RFC 7541, section 5.1 */
function encodeInteger(value: number, prefixBits: number, pattern: number): Uint8Array {
  const most = 2 ** prefixBits - 1;
  if (value < most) return Uint8Array.of(pattern | value);
  const bytes = [pattern | most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
