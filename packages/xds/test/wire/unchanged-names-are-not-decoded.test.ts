import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readDiscoveryRequest, type SotwRequest, writeDiscoveryRequest } from "../../src/wire/sotw-request.ts";

/** From few letters, so that equal lists and common beginnings are frequent. */
const names = fc.array(fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 2 }), { maxLength: 4 });

function request(resourceNames: readonly string[], versionInfo = ""): Uint8Array {
  return writeDiscoveryRequest({ typeUrl: "type", versionInfo, nonce: "nonce", resourceNames });
}

/** What a server remembers after that request. */
function after({ typeUrl, namesBytes }: SotwRequest): ReadonlyMap<string, Uint8Array> {
  return new Map([[typeUrl, namesBytes]]);
}

/** The request in pieces, its fields in another order: legal, though no client does it. */
function scattered(resourceNames: readonly string[]): Uint8Array {
  return Buffer.concat([request([]), ...resourceNames.map((name, index) => request([name], `${index}`))]);
}

test("the same names are recognised, whatever else changed", () => {
  const property = fc.property(names, fc.string(), fc.string(), (given, before, later) => {
    const first = readDiscoveryRequest(request(given, before));
    const second = readDiscoveryRequest(request(given, later), after(first));
    assert.equal(second.resourceNames, "same");
    assert.equal(second.namesBytes, first.namesBytes);
    assert.equal(second.versionInfo, later);
    assert.equal(second.typeUrl, "type");
    assert.equal(second.nonce, "nonce");
    const third = readDiscoveryRequest(request(given, before), after(second));
    assert.equal(third.resourceNames, "same");
  });
  fc.assert(property);
});

test("other names are read, also if they begin with the same ones", () => {
  const property = fc.property(names, names, (before, more) => {
    for (const next of [more, [...before, ...more], before.slice(1)]) {
      const first = readDiscoveryRequest(request(before));
      const second = readDiscoveryRequest(request(next), after(first));
      const isSame = before.length === next.length && before.every((name, index) => name === next[index]);
      assert.deepEqual(second.resourceNames, isSame ? "same" : next);
    }
  });
  fc.assert(property);
});

test("names that are not together are read, and recognised", () => {
  const property = fc.property(names, names, (before, more) => {
    const first = readDiscoveryRequest(scattered(before));
    assert.deepEqual(first.resourceNames, before);
    assert.equal(readDiscoveryRequest(request(before), after(first)).resourceNames, "same");
    const together = readDiscoveryRequest(request(before));
    assert.equal(readDiscoveryRequest(scattered(before), after(together)).resourceNames, "same");
    const both = readDiscoveryRequest(Buffer.concat([request(before), request(more)]), after(together));
    assert.deepEqual(both.resourceNames, more.length === 0 ? "same" : [...before, ...more]);
  });
  fc.assert(property);
});

test("of several types the names are the same only if they are those of the request's type", () => {
  const property = fc.property(names, names, names, (own, other, next) => {
    const { namesBytes } = readDiscoveryRequest(request(own));
    const { namesBytes: otherBytes } = readDiscoveryRequest(request(other));
    const known = new Map([
      ["other", otherBytes],
      ["type", namesBytes],
      ["another", readDiscoveryRequest(request(own)).namesBytes],
    ]);
    assert.equal(readDiscoveryRequest(request(own), known).resourceNames, "same");
    const isSame = JSON.stringify(own) === JSON.stringify(next);
    assert.deepEqual(readDiscoveryRequest(request(next), known).resourceNames, isSame ? "same" : next);
    const isOther = JSON.stringify(own) === JSON.stringify(other);
    assert.deepEqual(readDiscoveryRequest(request(other), known).resourceNames, isOther ? "same" : other);
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
