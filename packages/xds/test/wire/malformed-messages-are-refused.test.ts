import assert from "node:assert/strict";
import { test } from "node:test";
import { readDeltaDiscoveryRequest } from "../../src/wire/delta-request.ts";
import { readNode } from "../../src/wire/node.ts";
import { readDiscoveryRequest } from "../../src/wire/sotw-request.ts";
import { WireError, type WireErrorCode } from "../../src/wire/wire-error.ts";

const MALFORMED: readonly [what: string, code: WireErrorCode, hex: string][] = [
  ["a length past the end", "TRUNCATED", "0a05 6162"],
  ["a length far past the end", "TRUNCATED", "0a ffffffffffffffff7f"],
  ["a tag without value", "TRUNCATED", "0a"],
  ["a varint that ends early", "TRUNCATED", "48 80"],
  ["a fixed64 that ends early", "TRUNCATED", "49 01020304"],
  ["a fixed32 that ends early", "TRUNCATED", "4d 0102"],
  ["a varint of eleven bytes", "OVERLONG_VARINT", "48 8080808080808080808001"],
  ["a varint of more than 64 bits", "OVERLONG_VARINT", "48 ffffffffffffffffff02"],
  ["a field number of zero", "BAD_TAG", "02 00"],
  ["a field number that is too large", "BAD_TAG", "8080808010 00"],
  ["wire type 6", "BAD_WIRE_TYPE", "4e"],
  ["wire type 7", "BAD_WIRE_TYPE", "4f"],
  ["the end of a group without start", "BAD_GROUP", "4c"],
  ["the end of another group", "BAD_GROUP", "4b 54"],
  ["a group without end", "TRUNCATED", "4b"],
  ["a string that is not UTF-8", "BAD_UTF8", "0a02 c328"],
];

for (const [what, code, hex] of MALFORMED) {
  test(what, () => {
    const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
    assert.throws(
      () => readDiscoveryRequest(bytes),
      (error) => error instanceof WireError && error.code === code,
    );
  });
}

test("a long string that is not UTF-8", () => {
  const bytes = Buffer.concat([Buffer.from([0x1a, 100]), Buffer.alloc(99, "a"), Buffer.from([0xff])]);
  assert.throws(() => readDiscoveryRequest(bytes), { code: "BAD_UTF8" });
  assert.throws(() => readDeltaDiscoveryRequest(bytes), { code: "BAD_UTF8" });
});

test("groups nested without bound", () => {
  assert.throws(() => readDiscoveryRequest(Buffer.alloc(1_000_000, 0x4b)), { code: "TOO_DEEP" });
});

test("metadata nested without bound", () => {
  let value = Buffer.from([0x08, 0]);
  for (let depth = 0; depth < 5_000; depth++) value = field(6, field(1, value));
  assert.throws(() => readNode(field(3, field(1, field(2, value)))), { code: "TOO_DEEP" });
});

function field(number: number, value: Uint8Array): Buffer<ArrayBuffer> {
  const length = [];
  for (let rest = value.length; ; rest >>>= 7) {
    length.push(rest < 0x80 ? rest : (rest & 0x7f) | 0x80);
    if (rest < 0x80) break;
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), value]);
}
