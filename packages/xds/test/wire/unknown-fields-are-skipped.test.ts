import assert from "node:assert/strict";
import { test } from "node:test";
import { readDeltaDiscoveryRequest, writeDeltaDiscoveryRequest } from "../../src/wire/delta-request.ts";
import { readDiscoveryRequest, writeDiscoveryRequest } from "../../src/wire/sotw-request.ts";

/** Fields that no version of the messages has, in every layout, and one that exists but in another layout. */
const UNKNOWN: readonly [what: string, hex: string][] = [
  ["a varint", "f807 ffffffffffffffffff01"],
  ["a fixed64", "f907 0102030405060708"],
  ["bytes", "fa07 03 ffffff"],
  ["a group with a group and fields in it", "fb07 0801 0b 1203 616263 0c 1d 01020304 fc07"],
  ["a fixed32", "fd07 01020304"],
  ["a tag in more bytes than it needs", "f8878000 01"],
  ["type_url as a number", "2001 1001"],
];

for (const [what, hex] of UNKNOWN) {
  const unknown = Buffer.from(hex.replaceAll(" ", ""), "hex");
  test(`${what}, in SotW`, () => {
    const known = writeDiscoveryRequest({ typeUrl: "t", nonce: "n", resourceNames: ["a"] });
    const { namesBytes, ...read } = readDiscoveryRequest(Buffer.concat([unknown, known, unknown]));
    const { namesBytes: expectedBytes, ...expected } = readDiscoveryRequest(known);
    assert.deepEqual(read, expected);
    assert.deepEqual(namesBytes, expectedBytes);
  });
  test(`${what}, in delta`, () => {
    const known = writeDeltaDiscoveryRequest({ typeUrl: "t", nonce: "n", subscribe: ["a"] });
    const read = readDeltaDiscoveryRequest(Buffer.concat([unknown, known, unknown]));
    assert.deepEqual(read, readDeltaDiscoveryRequest(known));
  });
}

test("of a scalar the last counts, an embedded message is merged", () => {
  const first = writeDiscoveryRequest({
    typeUrl: "old",
    versionInfo: "1",
    node: Uint8Array.of(0x0a, 1, 0x61),
    errorDetail: { code: 3, message: "old" },
  });
  const second = writeDiscoveryRequest({
    typeUrl: "new",
    node: Uint8Array.of(0x12, 1, 0x62),
    errorDetail: { code: 0, message: "new" },
  });
  const read = readDiscoveryRequest(Buffer.concat([first, second]));
  assert.equal(read.typeUrl, "new");
  assert.equal(read.versionInfo, "1");
  assert.deepEqual([...read.node!], [0x0a, 1, 0x61, 0x12, 1, 0x62]);
  assert.deepEqual(read.errorDetail, { code: 3, message: "new" });
});
