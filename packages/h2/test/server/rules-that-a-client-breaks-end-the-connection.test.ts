import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Flag,
  FrameType,
  frame,
  headerBlock,
  openFrame,
  preface,
  settingsFrame,
  uint32,
} from "../../../xds/test/support/http2-frames.ts";
import { ErrorCode } from "../../src/index.ts";
import { type BrokenRule, brokenByEither } from "../support/broken-rules.ts";
import { recordServer } from "../support/recorded-server.ts";

const { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION } = FrameType;
const bytes = (length: number): Buffer => Buffer.alloc(length);
const request = openFrame(1).subarray(9);
const ended = frame(HEADERS, Flag.END_HEADERS | Flag.END_STREAM, 3, request);

// What comes after the handshake and one open stream, #1; then how the connection must end.
const cases: readonly BrokenRule[] = [
  ...brokenByEither,
  ["HEADERS without a stream", [frame(HEADERS, 4, 0, request)], "PROTOCOL_ERROR"],
  [
    "PRIORITY of a stream that is not open and depends on itself",
    [frame(PRIORITY, 0, 9, Buffer.concat([uint32(9), bytes(1)]))],
    "PROTOCOL_ERROR",
  ],
  ["DATA with more padding than bytes", [frame(DATA, Flag.PADDED, 1, Buffer.of(2, 0))], "PROTOCOL_ERROR"],
  ["HEADERS with more padding than bytes", [frame(HEADERS, 4 | Flag.PADDED, 3, Buffer.of(9, 0))], "PROTOCOL_ERROR"],
  ["HEADERS that end within their priority", [frame(HEADERS, 4 | Flag.PRIORITY, 3, bytes(4))], "FRAME_SIZE_ERROR"],
  ["DATA of an idle stream", [frame(DATA, 0, 3, bytes(1))], "PROTOCOL_ERROR"],
  ["RST_STREAM of an idle stream", [frame(RST_STREAM, 0, 3, bytes(4))], "PROTOCOL_ERROR"],
  ["WINDOW_UPDATE of an idle stream", [frame(WINDOW_UPDATE, 0, 3, uint32(1))], "PROTOCOL_ERROR"],
  ["WINDOW_UPDATE of a stream of the server's", [frame(WINDOW_UPDATE, 0, 2, uint32(1))], "PROTOCOL_ERROR"],
  ["HEADERS of an even stream", [frame(HEADERS, 4, 2, request)], "PROTOCOL_ERROR"],
  ["HEADERS of a stream that was left out", [openFrame(5), openFrame(3)], "PROTOCOL_ERROR"],
  ["HEADERS of a stream that is over", [openFrame(3), frame(RST_STREAM, 0, 3, uint32(8)), ended], "STREAM_CLOSED"],
  [
    "an initial window that takes a stream over 2^31 - 1",
    [frame(WINDOW_UPDATE, 0, 1, uint32(1)), settingsFrame([[4, 2 ** 31 - 1]])],
    "FLOW_CONTROL_ERROR",
  ],
  ["SETTINGS of 33 entries", [settingsFrame(Array(33).fill([1, 0]))], "ENHANCE_YOUR_CALM"],
  ["a PING within a header block", [frame(HEADERS, 0, 3), frame(PING, 0, 0, bytes(8))], "PROTOCOL_ERROR"],
  ["DATA within a header block", [frame(HEADERS, 0, 3), frame(DATA, 0, 3)], "PROTOCOL_ERROR"],
  ["an unknown frame within a header block", [frame(HEADERS, 0, 3), frame(77, 0, 3)], "PROTOCOL_ERROR"],
  ["a CONTINUATION of another stream", [frame(HEADERS, 0, 3), frame(CONTINUATION, 4, 1)], "PROTOCOL_ERROR"],
  [
    "a flood of CONTINUATION",
    [frame(HEADERS, 0, 3), ...Array(17).fill(frame(CONTINUATION, 0, 3))],
    "ENHANCE_YOUR_CALM",
  ],
  [
    "a large header block in pieces",
    [frame(HEADERS, 0, 3), ...Array(5).fill(frame(CONTINUATION, 0, 3, bytes(16_000)))],
    "ENHANCE_YOUR_CALM",
  ],
  ["an index that is in no table", [frame(HEADERS, 4, 3, Buffer.of(0xbe))], "COMPRESSION_ERROR"],
  ["index 0", [frame(HEADERS, 4, 3, Buffer.of(0x80))], "COMPRESSION_ERROR"],
  ["a header block that ends within a header", [frame(HEADERS, 4, 3, Buffer.of(0, 5, 65))], "COMPRESSION_ERROR"],
  [
    "bytes that are no HPACK on a stream that is over",
    [frame(RST_STREAM, 0, 1, bytes(4)), frame(HEADERS, 4, 1, Buffer.of(0x80))],
    "COMPRESSION_ERROR",
  ],
  ["more DATA than the connection's window", [frame(DATA, 0, 1, bytes(70_000))], "FLOW_CONTROL_ERROR"],
  ["the answer to a request", [frame(HEADERS, 4, 4, headerBlock([[":status", "200"]]))], "PROTOCOL_ERROR"],
];

for (const [what, came, code] of cases) {
  test(`${what}: ${code}`, () => {
    const server = recordServer(
      what.includes("connection's window") ? { connectionWindowBytes: 65_535, maxFrameBytes: 100_000 } : {},
    );
    server.give(openFrame(1), ...came);
    const fault = server.events.findLast((event) => event.startsWith("fault"));
    const goaway = server.written().findLast(({ type }) => type === GOAWAY);
    assert.ok(fault, "the handler is told");
    assert.equal(goaway?.payload.readUInt32BE(4), ErrorCode[code], fault);
    assert.equal(goaway?.payload.readUInt32BE(0), server.connection.lastStreamId);
    assert.ok(server.connection.isDone);
    const told = server.events.length;
    server.give(frame(PING, 0, 0, bytes(8)));
    assert.equal(server.events.length, told, "nothing more is read");
    assert.deepEqual(server.written(), [], "nothing more is written");
    server.connection.lose();
    assert.equal(server.events.filter((event) => event.startsWith("#1 closed")).length, 1, "each stream is told");
  });
}

test("the first frame must be SETTINGS, and no acknowledgement", () => {
  for (const first of [frame(PING, 0, 0, bytes(8)), frame(SETTINGS, Flag.ACK, 0), frame(77, 0, 0), openFrame(1)]) {
    const server = recordServer({}, { isReady: false });
    server.give(preface, first);
    assert.match(server.events[0] ?? "", /^fault protocol-error: the first frame is SETTINGS/);
  }
});

test("before it comes the preface, and nothing else, wherever it is cut", () => {
  for (let cut = 0; cut <= preface.length; cut++) {
    const server = recordServer({}, { isReady: false });
    server.give(preface.subarray(0, cut));
    server.give(preface.subarray(cut), settingsFrame());
    assert.deepEqual(server.events, ["settings"]);
    if (cut === preface.length) return;
    const other = recordServer({}, { isReady: false });
    other.give(preface.subarray(0, cut));
    other.give(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    assert.match(other.events[0] ?? "", /^fault protocol-error: the connection did not begin with HTTP.2's preface/);
  }
});
