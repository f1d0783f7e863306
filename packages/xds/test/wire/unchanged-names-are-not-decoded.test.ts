import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readDiscoveryRequest, writeDiscoveryRequest } from "../../src/wire/sotw-request.ts";

const names = fc.array(fc.string({ maxLength: 6 }), { maxLength: 6 });

function request(resourceNames: readonly string[], versionInfo = ""): Uint8Array {
  return writeDiscoveryRequest({ typeUrl: "type", versionInfo, nonce: "nonce", resourceNames });
}

/** The request in pieces, its fields in another order: legal, though no client does it. */
function scattered(resourceNames: readonly string[]): Uint8Array {
  return Buffer.concat(resourceNames.map((name, index) => request([name], `${index}`)));
}

test("the same names are recognised, whatever else changed", () => {
  const property = fc.property(names, fc.string(), fc.string(), (given, before, after) => {
    const first = readDiscoveryRequest(request(given, before));
    const second = readDiscoveryRequest(request(given, after), first);
    assert.equal(second.resourceNames, "same");
    assert.equal(second.namesBytes, first.namesBytes);
    assert.equal(second.versionInfo, after);
    assert.equal(second.typeUrl, "type");
    assert.equal(second.nonce, "nonce");
    const third = readDiscoveryRequest(request(given, before), second);
    assert.equal(third.resourceNames, "same");
  });
  fc.assert(property);
});

test("other names are read, also if they begin with the same ones", () => {
  const property = fc.property(names, names, (before, after) => {
    for (const next of [after, [...before, ...after], before.slice(1)]) {
      const first = readDiscoveryRequest(request(before));
      const second = readDiscoveryRequest(request(next), first);
      const isSame = before.length === next.length && before.every((name, index) => name === next[index]);
      assert.deepEqual(second.resourceNames, isSame ? "same" : next);
    }
  });
  fc.assert(property);
});

test("names that are not together are read, and recognised", () => {
  const property = fc.property(names, names, (before, after) => {
    const first = readDiscoveryRequest(scattered(before));
    assert.deepEqual(first.resourceNames, before);
    assert.equal(readDiscoveryRequest(request(before), first).resourceNames, "same");
    const together = readDiscoveryRequest(request(before));
    assert.equal(readDiscoveryRequest(scattered(before), together).resourceNames, "same");
    const more = readDiscoveryRequest(Buffer.concat([request(before), request(after)]), together);
    assert.deepEqual(more.resourceNames, after.length === 0 ? "same" : [...before, ...after]);
  });
  fc.assert(property);
});

test("remembered names do not keep the request alive", () => {
  const bytes = request(["a", "b"]);
  const { namesBytes } = readDiscoveryRequest(bytes);
  bytes.fill(0);
  assert.deepEqual([...namesBytes], [0x1a, 1, 0x61, 0x1a, 1, 0x62]);
  assert.equal(namesBytes.buffer.byteLength, namesBytes.length);
});
