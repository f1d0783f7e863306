// reliability.md: any client bytes at all. With a copy of all at each occurrence this takes hours.
import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeMessage } from "../../src/wire/merge.ts";
import { encodeNode } from "../../src/wire/node.ts";
import { readDiscoveryRequest, writeDiscoveryRequest } from "../../src/wire/sotw-request.ts";

test("a request that says its node a million times is read", () => {
  const node = encodeNode({ id: "n", metadata: { large: "x".repeat(1_000_000) } });
  const again = Buffer.from([0x12, 0x02, 0x12, 0x00]); // node { cluster: "" }
  const request = Buffer.concat([writeDiscoveryRequest({ node, typeUrl: "t" }), ...Array(1_000_000).fill(again)]);
  const read = readDiscoveryRequest(request, new Map());
  assert.equal(read.node?.length, node.length + 2_000_000);
  assert.deepEqual(Buffer.from(read.node!.subarray(0, node.length)), Buffer.from(node));
});

test("what was merged is not changed by merging on, and a view of something else is not written to", () => {
  const message = Buffer.from("abcdef");
  const view = message.subarray(0, 2);
  const first = mergeMessage(view, Buffer.from("12"));
  const second = mergeMessage(first, Buffer.from("34"));
  const third = mergeMessage(second, Buffer.from("5".repeat(20)));
  assert.deepEqual(
    [view, first, second, third, message].map((bytes) => Buffer.from(bytes).toString()),
    ["ab", "ab12", "ab1234", `ab1234${"5".repeat(20)}`, "abcdef"],
  );
});
