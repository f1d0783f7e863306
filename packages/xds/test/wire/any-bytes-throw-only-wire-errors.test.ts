import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readDeltaDiscoveryRequest, writeDeltaDiscoveryRequest } from "../../src/wire/delta-request.ts";
import { readDeltaDiscoveryResponse } from "../../src/wire/delta-response.ts";
import { encodeNode, readNode } from "../../src/wire/node.ts";
import { readDiscoveryRequest, writeDiscoveryRequest } from "../../src/wire/sotw-request.ts";
import { readDiscoveryResponse } from "../../src/wire/sotw-response.ts";
import { WireError } from "../../src/wire/wire-error.ts";

const readers: readonly ((bytes: Uint8Array) => unknown)[] = [
  (bytes) => {
    const request = readDiscoveryRequest(bytes);
    return request.node && readNode(request.node);
  },
  (bytes) => readDiscoveryRequest(bytes, new Map([["t", bytes.subarray(0, 3)]])),
  readDeltaDiscoveryRequest,
  readDiscoveryResponse,
  readDeltaDiscoveryResponse,
  readNode,
];

const node = encodeNode({
  id: "node",
  cluster: "fleet",
  metadata: { a: [1, "two", { three: true }], b: null },
  locality: { region: "r" },
  clientFeatures: ["x"],
});
const errorDetail = { code: 3, message: "no such thing" };
const seeds = [
  writeDiscoveryRequest({ versionInfo: "1", typeUrl: "t", nonce: "n", resourceNames: ["a", "b"], node, errorDetail }),
  writeDeltaDiscoveryRequest({
    typeUrl: "t",
    nonce: "n",
    subscribe: ["a", "*"],
    unsubscribe: ["b"],
    initialResourceVersions: new Map([["a", "1"]]),
    node,
    errorDetail,
  }),
  node,
];

/** A third of 20,000 cases, half of them the same each time. */
function fuzz(property: Parameters<typeof fc.assert>[0]): void {
  fc.assert(property, { numRuns: 3_400, seed: 20_261_122 });
  fc.assert(property, { numRuns: 3_400 });
}

function readsOrRefuses(bytes: Uint8Array): void {
  for (const read of readers) {
    try {
      read(bytes);
    } catch (error) {
      assert.ok(error instanceof WireError, `${error} of ${Buffer.from(bytes).toString("hex")}`);
      assert.ok(error.offset >= 0 && error.offset <= bytes.length, `offset ${error.offset} of ${bytes.length}`);
    }
  }
}

test("random bytes", () => {
  fuzz(fc.property(fc.uint8Array({ maxLength: 60 }), readsOrRefuses));
});

test("fields with random contents", () => {
  const field = fc.tuple(fc.nat({ max: 127 }), fc.uint8Array({ maxLength: 12 }));
  const property = fc.property(fc.array(field, { maxLength: 6 }), (fields) => {
    readsOrRefuses(Buffer.concat(fields.flatMap(([tag, value]) => [Buffer.from([tag, value.length]), value])));
  });
  fuzz(property);
});

test("good messages with some bytes overwritten", () => {
  const change = fc.tuple(fc.nat(), fc.nat({ max: 255 }));
  const property = fc.property(fc.constantFrom(...seeds), fc.array(change, { maxLength: 4 }), (seed, changes) => {
    const bytes = new Uint8Array(seed);
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    readsOrRefuses(bytes);
  });
  fuzz(property);
});

test("good messages cut short", () => {
  for (const seed of seeds)
    for (let length = 0; length <= seed.length; length++) readsOrRefuses(seed.subarray(0, length));
});
