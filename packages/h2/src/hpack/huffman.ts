import { H2Error } from "../errors.ts";
import { huffmanLengths } from "./huffman-lengths.ts";

const endOfString = 256;
const codes = assignCodes(huffmanLengths);
const tree = buildTree(codes, huffmanLengths);

/** In a step: set if it ends a symbol, which stands above the next node. */
const emits = 0x1_0000;
/** The step that ends in the end-of-string symbol. */
const endsString = -1;
/** From a node of the tree (of 256), by the next four bits: where that leads. No code is shorter, so one symbol ends at most. */
const steps = buildSteps(tree);
const isPadding = findPadding(tree);

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

/** Most bytes that a Huffman code of so many decodes to: no byte's code is shorter than 5 bits. */
export function mostDecodedBytes(codedBytes: number): number {
  return Math.floor((codedBytes * 8) / 5);
}

/**
 * Decodes a Huffman code into `target`, from its beginning.
 * @returns how many bytes there are
 * @throws {H2Error} `compression-error` for the end-of-string symbol, and for padding that is long or not all ones
 */
export function readHuffman(bytes: Uint8Array, start: number, end: number, target: Uint8Array): number {
  let node = 0;
  let length = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    const high = steps[(node << 4) | (byte >>> 4)]!;
    if (high >= emits) target[length++] = high >>> 8;
    const low = steps[((high & 0xff) << 4) | (byte & 0x0f)]!;
    if (low >= emits) target[length++] = low >>> 8;
    if (high === endsString || low === endsString) {
      throw new H2Error("compression-error", "a Huffman code held the end-of-string symbol");
    }
    node = low & 0xff;
  }
  if (isPadding[node] === 0) throw new H2Error("compression-error", "a Huffman code ended with wrong padding");
  return length;
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

function buildSteps(nodes: Int16Array): Int32Array {
  const built = new Int32Array(8 * nodes.length);
  for (let at = 0; at < built.length; at++) built[at] = walk(nodes, at >>> 4, at & 0x0f);
  return built;
}

function walk(nodes: Int16Array, start: number, bits: number): number {
  let node = start;
  let emitted = 0;
  for (let shift = 3; shift >= 0; shift--) {
    const next = nodes[2 * node + ((bits >>> shift) & 1)]!;
    node = Math.max(0, next);
    if (next >= 0) continue;
    if (~next === endOfString) return endsString;
    emitted = emits | (~next << 8);
  }
  return emitted | node;
}

/** The nodes at which a code may end: less than a byte of ones leads there. */
function findPadding(nodes: Int16Array): Uint8Array {
  const found = new Uint8Array(nodes.length / 2);
  for (let node = 0, depth = 0; depth < 8; depth++, node = nodes[2 * node + 1]!) found[node] = 1;
  return found;
}
