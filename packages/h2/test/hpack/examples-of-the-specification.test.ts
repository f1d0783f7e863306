import assert from "node:assert/strict";
import { test } from "node:test";
import { huffmanBytes, mostDecodedBytes, readHuffman, writeHuffman } from "../../src/hpack/huffman.ts";
import { encodeHeaders, H2Error, HpackDecoder } from "../../src/index.ts";

/** Decodes a block and says it in a line. */
function decode(decoder: HpackDecoder, hex: string): string {
  const decoded = decoder.decode(Buffer.from(hex.replaceAll(" ", ""), "hex"));
  return decoded.kind === "headers" ? decoded.headers.join(" ") : `${decoded.pairs} headers, ${decoded.bytes} bytes`;
}

test("requests with Huffman codes, in order on one connection (RFC 7541, C.4)", () => {
  const decoder = new HpackDecoder();
  const first = ":method GET :scheme http :path / :authority www.example.com";
  assert.equal(decode(decoder, "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff"), first);
  assert.equal(decode(decoder, "8286 84be 5886 a8eb 1064 9cbf"), `${first} cache-control no-cache`);
  const third = ":method GET :scheme https :path /index.html :authority www.example.com custom-key custom-value";
  assert.equal(decode(decoder, "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf"), third);
});

test("responses that evict entries from a table of 256 bytes (RFC 7541, C.6)", () => {
  const decoder = new HpackDecoder();
  decoder.limitTable(256);
  const date = "date Mon, 21 Oct 2013 20:13:21 GMT";
  const location = "location https://www.example.com";
  const first =
    "3fe101 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3";
  assert.equal(decode(decoder, first), `:status 302 cache-control private ${date} ${location}`);
  assert.equal(decode(decoder, "4883 640e ffc1 c0bf"), `:status 307 cache-control private ${date} ${location}`);
});

test("every byte's Huffman code leads back to it, alone and in a row", () => {
  const all = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));
  for (const text of [...all, all.join(""), all.toReversed().join("")]) {
    const bytes = Buffer.alloc(huffmanBytes(text));
    writeHuffman(text, bytes, 0);
    const decoded = Buffer.alloc(mostDecodedBytes(bytes.length));
    assert.equal(decoded.toString("latin1", 0, readHuffman(bytes, 0, bytes.length, decoded)), text);
  }
});

const faults: readonly (readonly [what: string, hex: string])[] = [
  ["Huffman padding of eight bits", "0081 61 82 1fff"],
  ["Huffman padding of zeros", "00 81 18 01 61"],
  ["the end-of-string symbol", "00 84 ffffffff 01 61"],
  ["an integer of five bytes", "00 7f 80808080 00"],
  ["an integer that ends early", "ff 80"],
  ["a text longer than the block", "00 05 61"],
  ["a literal without a value", "00 01 61"],
  ["a table update over the limit", "3fe21f"],
  ["a table update behind a header", "82 20"],
  ["three table updates", "20 20 20 82"],
  ["the dynamic table's first entry, when it has none", "be"],
  ["a name that is in no table", "0f 2f 01 61"],
];

for (const [what, hex] of faults) {
  test(`${what} cannot be decoded`, () => {
    assert.throws(
      () => decode(new HpackDecoder(), hex),
      (error) => error instanceof H2Error && error.code === "compression-error",
    );
  });
}

test("a table whose limit was lowered must be told to shrink first, if anything was in it", () => {
  const decoder = new HpackDecoder();
  decoder.limitTable(100);
  assert.equal(decode(decoder, "400161 0162 400163 0164 400165 0166"), "a b c d e f");
  decoder.limitTable(90);
  assert.throws(() => decode(decoder, "82"), /did not begin with an update/);
  assert.equal(decode(decoder, "3f3b be bf"), "e f c d", "to 90 bytes");
});

test("a list over the limits is not kept, but what it put into the table counts", () => {
  const decoder = new HpackDecoder({ maxHeaderPairs: 2, maxHeaderListBytes: 1_000 });
  assert.equal(decode(decoder, "82 86 400161 0162"), "3 headers, 119 bytes");
  assert.equal(decode(decoder, "be"), "a b");
  // A hundred references of a byte to a header of 900 bytes: what the limit on bytes is for.
  assert.equal(decode(decoder, `40 0178 7f8506${"79".repeat(900)}`), `x ${"y".repeat(900)}`);
  assert.equal(decode(decoder, "be".repeat(100)), "100 headers, 93300 bytes");
});

test("an entry larger than the table empties it", () => {
  const decoder = new HpackDecoder();
  decode(decoder, "400161 0162");
  decode(decoder, `3f11 40 0163 30${"64".repeat(48)}`); // the table shrinks to 48 bytes; a header of 81
  assert.throws(() => decode(decoder, "be"), /in no table/);
});

test("what is not Latin-1 cannot be encoded", () => {
  assert.throws(
    () => encodeHeaders([["a", "日本"]]),
    (error) => error instanceof H2Error && error.code === "invalid-argument",
  );
});
