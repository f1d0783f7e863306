import { H2Error } from "../errors.ts";
import { huffmanLengths } from "./huffman-lengths.ts";

const endOfString = 256;
const codes = assignCodes(huffmanLengths);
const tree = buildTree(codes, huffmanLengths);

/** How many bytes the text takes as a Huffman code. @param text Latin-1 */
export function huffmanBytes(text: string): number {
  let bits = 0;
  for (let at = 0; at < text.length; at++) bits += huffmanLengths[text.charCodeAt(at)]!;
  return Math.ceil(bits / 8);
}

/** Writes the text's Huffman code into `target` at `position`; as many bytes as {@link huffmanBytes} says. */
export function writeHuffman(text: string, target: Uint8Array, position: number): void {
  let at = position;
  let pending = 0; // at most 7 bits from before and 30 of a code: more than an int holds, so arithmetic, not shifts
  let pendingBits = 0;
  for (let index = 0; index < text.length; index++) {
    const symbol = text.charCodeAt(index);
    const length = huffmanLengths[symbol]!;
    pending = pending * 2 ** length + codes[symbol]!;
    pendingBits += length;
    while (pendingBits >= 8) {
      pendingBits -= 8;
      const scale = 2 ** pendingBits;
      const byte = Math.floor(pending / scale);
      target[at++] = byte;
      pending -= byte * scale;
    }
  }
  if (pendingBits === 0) return;
  const padding = 8 - pendingBits; // filled with the beginning of the end-of-string code: ones
  target[at] = pending * 2 ** padding + 2 ** padding - 1;
}

/**
 * Decodes a Huffman code to Latin-1 text.
 * @throws {H2Error} `compression-error` for the end-of-string symbol, and for padding that is long or not all ones
 */
export function readHuffman(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  let node = 0;
  let depth = 0;
  let isAllOnes = true;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    for (let shift = 7; shift >= 0; shift--) {
      const bit = (byte >>> shift) & 1;
      const next = tree[2 * node + bit]!;
      depth += 1;
      isAllOnes = isAllOnes && bit === 1;
      if (next >= 0) {
        node = next;
        continue;
      }
      if (~next === endOfString) throw new H2Error("compression-error", "a Huffman code held the end-of-string symbol");
      text += String.fromCharCode(~next);
      node = 0;
      depth = 0;
      isAllOnes = true;
    }
  }
  if (depth > 7 || !isAllOnes) throw new H2Error("compression-error", "a Huffman code ended with wrong padding");
  return text;
}

/** The canonical codes of the lengths. */
function assignCodes(lengths: readonly number[]): readonly number[] {
  const assigned = new Array<number>(lengths.length).fill(0);
  const symbols = lengths.map((_, symbol) => symbol).sort((a, b) => lengths[a]! - lengths[b]! || a - b);
  let code = 0;
  let length = lengths[symbols[0]!]!;
  for (const symbol of symbols) {
    code *= 2 ** (lengths[symbol]! - length);
    length = lengths[symbol]!;
    assigned[symbol] = code++;
  }
  return assigned;
}

/** The codes as a binary tree: two entries a node, each the next node, or a symbol as its complement. */
function buildTree(codeOf: readonly number[], lengths: readonly number[]): Int16Array {
  const nodes = [0, 0];
  codeOf.forEach((code, symbol) => {
    let node = 0;
    for (let bit = lengths[symbol]! - 1; bit > 0; bit--) {
      const entry = 2 * node + ((code >>> bit) & 1);
      if (nodes[entry] === 0) nodes[entry] = nodes.push(0, 0) / 2 - 1;
      node = nodes[entry]!;
    }
    nodes[2 * node + (code & 1)] = ~symbol;
  });
  return Int16Array.from(nodes);
}
