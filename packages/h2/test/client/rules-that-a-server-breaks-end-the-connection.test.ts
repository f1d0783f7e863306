import assert from "node:assert/strict";
import { test } from "node:test";
import { Flag, FrameType, frame, headerBlock, uint32 } from "../../../xds/test/support/http2-frames.ts";
import { ErrorCode, encodeHeaders } from "../../src/index.ts";
import { type BrokenRule, brokenByEither } from "../support/broken-rules.ts";
import { recordClient } from "../support/recorded-client.ts";

const { DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION } = FrameType;
const request = encodeHeaders([[":method", "POST"]]);
const ok = headerBlock([[":status", "200"]]);
const bytes = (length: number): Buffer => Buffer.alloc(length);

// What comes after the handshake and one open stream, #1; then how the connection must end.
const cases: readonly BrokenRule[] = [
  ...brokenByEither,
  ["HEADERS without a stream", [frame(HEADERS, 4, 0, ok)], "PROTOCOL_ERROR"],
  [
    "DATA with more padding than bytes",
    [frame(HEADERS, 4, 1, ok), frame(DATA, Flag.PADDED, 1, Buffer.of(2, 0))],
    "PROTOCOL_ERROR",
  ],
  ["HEADERS with more padding than bytes", [frame(HEADERS, 4 | Flag.PADDED, 1, Buffer.of(9, 0))], "PROTOCOL_ERROR"],
  ["HEADERS that end within their priority", [frame(HEADERS, 4 | Flag.PRIORITY, 1, bytes(4))], "FRAME_SIZE_ERROR"],
  ["DATA of a stream that nobody opened", [frame(DATA, 0, 3, bytes(1))], "PROTOCOL_ERROR"],
  ["HEADERS of a stream of the server's", [frame(HEADERS, 4, 2, ok)], "PROTOCOL_ERROR"],
  ["RST_STREAM of a stream that nobody opened", [frame(RST_STREAM, 0, 5, bytes(4))], "PROTOCOL_ERROR"],
  ["WINDOW_UPDATE of a stream that nobody opened", [frame(WINDOW_UPDATE, 0, 5, uint32(1))], "PROTOCOL_ERROR"],
  ["a PING within a header block", [frame(HEADERS, 0, 1), frame(PING, 0, 0, bytes(8))], "PROTOCOL_ERROR"],
  ["DATA within a header block", [frame(HEADERS, 0, 1), frame(DATA, 0, 1)], "PROTOCOL_ERROR"],
  [
    "a flood of CONTINUATION",
    [frame(HEADERS, 0, 1), ...Array(17).fill(frame(CONTINUATION, 0, 1))],
    "ENHANCE_YOUR_CALM",
  ],
  [
    "a large header block in pieces",
    [frame(HEADERS, 0, 1), ...Array(5).fill(frame(CONTINUATION, 0, 1, bytes(16_000)))],
    "ENHANCE_YOUR_CALM",
  ],
  ["an index that is in no table", [frame(HEADERS, 4, 1, Buffer.of(0xbe))], "COMPRESSION_ERROR"],
  ["index 0", [frame(HEADERS, 4, 1, Buffer.of(0x80))], "COMPRESSION_ERROR"],
  ["a header block that ends within a header", [frame(HEADERS, 4, 1, Buffer.of(0, 5, 65))], "COMPRESSION_ERROR"],
  [
    "more DATA than the connection's window",
    [frame(HEADERS, 4, 1, ok), frame(DATA, 0, 1, bytes(70_000))],
    "FLOW_CONTROL_ERROR",
  ],
];

for (const [what, came, code] of cases) {
  test(`${what}: ${code}`, () => {
    const client = recordClient(
      what.includes("window") ? { connectionWindowBytes: 65_535, maxFrameBytes: 100_000 } : {},
    );
    client.connection.open(request, client.handler);
    client.give(...came);
    const fault = client.events.findLast((event) => event.startsWith("fault"));
    const goaway = client.written().findLast(({ type }) => type === GOAWAY);
    assert.ok(fault, "the handler is told");
    assert.equal(goaway?.payload.readUInt32BE(4), ErrorCode[code], fault);
    assert.ok(client.connection.isDone);
    const told = client.events.length;
    client.give(frame(PING, 0, 0, bytes(8)));
    assert.equal(client.events.length, told, "nothing more is read");
    assert.deepEqual(client.written(), [], "nothing more is written");
  });
}

test("the first frame must be SETTINGS, and no acknowledgement", () => {
  for (const first of [frame(PING, 0, 0, bytes(8)), frame(SETTINGS, Flag.ACK, 0), frame(77, 0, 0)]) {
    const client = recordClient({}, false);
    client.give(first);
    assert.match(client.events[0] ?? "", /^fault protocol-error: the first frame is SETTINGS/);
  }
});
