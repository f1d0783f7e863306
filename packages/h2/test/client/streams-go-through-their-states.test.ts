import assert from "node:assert/strict";
import { test } from "node:test";
import { Flag, FrameType, frame, headerBlock, settingsFrame, uint32 } from "../../../xds/test/support/http2-frames.ts";
import { ErrorCode, encodeHeaders, H2Error } from "../../src/index.ts";
import { type RecordedClient, recordClient } from "../support/recorded-client.ts";

const { DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION } = FrameType;
const request = encodeHeaders([[":method", "POST"]]);
const ok = frame(HEADERS, Flag.END_HEADERS, 1, headerBlock([[":status", "200"]]));
const trailers = headerBlock([["grpc-status", "0"]]);

/** What was written, as `type/flags#stream:length`. */
function summary(client: RecordedClient): string[] {
  const names = Object.keys(FrameType);
  return client.written().map((one) => `${names[one.type]}/${one.flags}#${one.streamId}:${one.payload.length}`);
}

test("a response with informational headers, DATA, padding and trailers arrives in order; the client ends its half", () => {
  const client = recordClient();
  client.connection.open(request, client.handler);
  client.written();
  client.give(
    frame(HEADERS, Flag.END_HEADERS, 1, headerBlock([[":status", "103"]])),
    ok,
    frame(DATA, Flag.PADDED, 1, Buffer.from("\x02abc\0\0")),
    frame(DATA, Flag.PADDED, 1, Buffer.from("\x03\0\0\0")),
    frame(DATA, 0, 1, Buffer.from("def")),
    frame(HEADERS, Flag.END_STREAM, 1, trailers.subarray(0, 5)),
    frame(CONTINUATION, 0, 1, trailers.subarray(5, 9)),
    frame(CONTINUATION, Flag.END_HEADERS, 1, trailers.subarray(9)),
  );
  assert.deepEqual(client.events, [
    "#1 headers :status 200",
    "#1 data abc",
    "#1 data def",
    "#1 trailers grpc-status 0",
    "#1 ended",
  ]);
  assert.deepEqual(summary(client), ["DATA/1#1:0"]);
  assert.equal(client.connection.streamCount, 0);
});

test("frames are the same wherever the chunks are cut", () => {
  const bytes = Buffer.concat([
    settingsFrame([[3, 7]]),
    ok,
    frame(DATA, Flag.PADDED, 1, Buffer.from("\x02abc\0\0")),
    frame(77, 255, 9, Buffer.from("unknown")),
    frame(PING, 0, 0, Buffer.from("12345678")),
    frame(DATA, 0, 1, Buffer.from("def")),
    frame(HEADERS, Flag.END_HEADERS | Flag.END_STREAM, 1, trailers),
  ]);
  const run = (chunkBytes: number): readonly [string, string[]] => {
    const client = recordClient({}, false);
    client.connection.open(request, client.handler);
    const frames = summary(client);
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      client.connection.receive(bytes, at, Math.min(bytes.length, at + chunkBytes));
      frames.push(...summary(client));
    }
    return [client.events.join("\n").replaceAll(/(?<=#1 data \w+)\n#1 data /g, ""), frames];
  };
  const whole = run(bytes.length);
  assert.deepEqual(whole[1], ["HEADERS/4#1:1", "SETTINGS/1#0:0", "PING/1#0:8", "DATA/1#1:0"]);
  assert.equal(whole[0], "ready\n#1 headers :status 200\n#1 data abcdef\n#1 trailers grpc-status 0\n#1 ended");
  for (let chunkBytes = 1; chunkBytes < bytes.length; chunkBytes++) {
    assert.deepEqual(run(chunkBytes), whole, `chunks of ${chunkBytes} bytes`);
  }
});

const faults: readonly (readonly [what: string, came: readonly Buffer[], code: keyof typeof ErrorCode])[] = [
  ["a response without a status", [frame(HEADERS, 4, 1, headerBlock([["a", "b"]]))], "PROTOCOL_ERROR"],
  ["a status of two digits", [frame(HEADERS, 4, 1, headerBlock([[":status", "20"]]))], "PROTOCOL_ERROR"],
  ["a pseudo-header in trailers", [ok, frame(HEADERS, 5, 1, headerBlock([[":status", "200"]]))], "PROTOCOL_ERROR"],
  [
    "a header in capitals",
    [
      frame(
        HEADERS,
        4,
        1,
        headerBlock([
          [":status", "200"],
          ["A", "b"],
        ]),
      ),
    ],
    "PROTOCOL_ERROR",
  ],
  [
    "a line break in a value",
    [
      frame(
        HEADERS,
        4,
        1,
        headerBlock([
          [":status", "200"],
          ["a", "b\nc"],
        ]),
      ),
    ],
    "PROTOCOL_ERROR",
  ],
  [
    "a header of HTTP/1.1",
    [
      frame(
        HEADERS,
        4,
        1,
        headerBlock([
          [":status", "200"],
          ["connection", "close"],
        ]),
      ),
    ],
    "PROTOCOL_ERROR",
  ],
  ["an informational end", [frame(HEADERS, 5, 1, headerBlock([[":status", "100"]]))], "PROTOCOL_ERROR"],
  ["trailers that go on", [ok, frame(HEADERS, 4, 1, trailers)], "PROTOCOL_ERROR"],
  ["DATA before headers", [frame(DATA, 0, 1, Buffer.of(1))], "PROTOCOL_ERROR"],
  [
    "65 headers",
    [frame(HEADERS, 4, 1, headerBlock([[":status", "200"], ...Array(64).fill(["a", "b"])]))],
    "ENHANCE_YOUR_CALM",
  ],
  [
    "a header of 16 KiB",
    [
      frame(
        HEADERS,
        4,
        1,
        headerBlock([
          [":status", "200"],
          ["a", "b".repeat(16_330)],
        ]),
      ),
    ],
    "ENHANCE_YOUR_CALM",
  ],
  ["a window of the stream that grows by 0", [frame(WINDOW_UPDATE, 0, 1, uint32(0))], "PROTOCOL_ERROR"],
  ["a window of the stream over 2^31 - 1", [frame(WINDOW_UPDATE, 0, 1, uint32(2 ** 31 - 1))], "FLOW_CONTROL_ERROR"],
];

for (const [what, came, code] of faults) {
  test(`${what} costs its stream only: ${code}`, () => {
    const client = recordClient();
    client.connection.open(request, client.handler);
    client.connection.open(request, client.handler);
    client.written();
    client.give(...came, frame(HEADERS, 4, 3, headerBlock([[":status", "200"]])));
    const [reset] = client.written();
    assert.equal(reset?.type, RST_STREAM);
    assert.equal(reset?.payload.readUInt32BE(0), ErrorCode[code]);
    assert.match(client.events.at(-2) ?? "", /^#1 fault /);
    assert.equal(client.events.at(-1), "#3 headers :status 200");
  });
}

test("what comes for a stream that is over is read over, but costs and is given back to the connection's window", () => {
  const client = recordClient({ connectionWindowBytes: 65_535 });
  client.connection.reset(client.connection.open(request, client.handler));
  client.written();
  const dynamic = Buffer.from("88400161016241", "hex"); // :status 200; a: b, which enters the table; begins another
  client.give(
    frame(HEADERS, 4, 1, dynamic.subarray(0, 6)),
    ...Array<Buffer>(3).fill(frame(DATA, 0, 1, Buffer.alloc(16_000))),
  );
  client.give(frame(WINDOW_UPDATE, 0, 1, uint32(1)), frame(RST_STREAM, 0, 1, uint32(0)));
  assert.deepEqual(client.events, ["#1 cancelled"]);
  assert.deepEqual(summary(client), ["WINDOW_UPDATE/0#0:4"]);
  client.connection.open(request, client.handler);
  client.give(frame(HEADERS, 4, 3, Buffer.of(0x88, 0xbe)));
  assert.equal(client.events.at(-1), "#3 headers :status 200 a b", "its headers entered the table all the same");
});

test("GOAWAY refuses what the server did not see, lets the rest go on, and no stream is opened any more", () => {
  const client = recordClient();
  for (let count = 0; count < 3; count++) client.connection.open(request, client.handler);
  client.give(frame(GOAWAY, 0, 0, Buffer.concat([uint32(3), uint32(11), Buffer.from("calm")])));
  assert.deepEqual(client.events, ["goaway 11 after 3 calm", "#5 refused by goaway"]);
  assert.equal(client.connection.canOpen, false);
  assert.throws(() => client.connection.open(request, client.handler), H2Error);
  client.give(ok);
  assert.equal(client.events.at(-1), "#1 headers :status 200");
  client.connection.lose();
  assert.deepEqual(client.events.slice(-2), ["#1 lost", "#3 lost"]);
});

test("RST_STREAM ends a stream with its code; REFUSED_STREAM says that nothing was done", () => {
  const client = recordClient();
  client.connection.open(request, client.handler);
  client.connection.open(request, client.handler);
  client.give(frame(RST_STREAM, 0, 1, uint32(2)), frame(RST_STREAM, 0, 3, uint32(7)));
  assert.deepEqual(client.events, ["#1 reset 2", "#3 refused by reset"]);
});

test("MAX_CONCURRENT_STREAMS is honoured: streams wait for their turn, with what they send, up to a limit", () => {
  const client = recordClient({ maxWaitingStreams: 2 });
  client.give(settingsFrame([[3, 1]]));
  const { connection, handler } = client;
  const [first, second, third] = [1, 2, 3].map(() => connection.open(request, handler));
  assert.equal(connection.send(second!, Buffer.from("hello")), "queued");
  connection.end(second!);
  assert.equal(connection.canOpen, false, "two wait, and two may");
  assert.deepEqual(summary(client), ["SETTINGS/1#0:0", "HEADERS/4#1:1"]);
  connection.reset(third!);
  connection.reset(first!);
  assert.deepEqual(summary(client), ["RST_STREAM/0#1:4", "HEADERS/4#3:1", "DATA/1#3:5"]);
  assert.deepEqual(client.events, ["ready", "#0 cancelled", "#1 cancelled"].slice(1));
});

test("a peer that lowers its header table is told that it is empty, once, before the next headers", () => {
  const client = recordClient();
  client.give(settingsFrame([[1, 0]]));
  client.connection.open(request, client.handler);
  client.connection.open(request, client.handler);
  const blocks = client.written().filter(({ type }) => type === HEADERS);
  assert.deepEqual(
    blocks.map(({ payload }) => payload[0]),
    [0x20, request[0]],
  );
});

test("headers larger than a frame go on in CONTINUATION", () => {
  const client = recordClient();
  const block = encodeHeaders([["x", "\xff".repeat(20_000)]], { huffman: false });
  client.connection.open(block, client.handler);
  assert.deepEqual(summary(client), ["HEADERS/0#1:16384", `CONTINUATION/4#1:${block.length - 16_384}`]);
});

test("SETTINGS are acknowledged, PING is answered and can be asked", () => {
  const client = recordClient({}, false);
  client.give(settingsFrame(), frame(SETTINGS, Flag.ACK, 0), frame(PING, 0, 0, Buffer.from("12345678")));
  const [ack, pong] = client.written();
  assert.deepEqual([ack?.type, ack?.flags], [SETTINGS, Flag.ACK]);
  assert.deepEqual([pong?.type, pong?.flags, pong?.payload.toString()], [PING, Flag.ACK, "12345678"]);
  client.connection.ping();
  client.give(frame(PING, Flag.ACK, 0, client.written()[0]!.payload));
  assert.deepEqual(client.events, ["ready", "pong"]);
});

for (const [how, end, lastEnd] of [
  ["the connection is lost", (client: RecordedClient) => client.connection.lose(), "#1 lost"],
  [
    "GOAWAY refuses them",
    (client: RecordedClient) => client.give(frame(GOAWAY, 0, 0, Buffer.alloc(8))),
    "#1 refused by goaway",
  ],
] as const) {
  test(`${how}: a handler that resets another stream meanwhile does not have it closed twice`, () => {
    const client = recordClient();
    const first = client.connection.open(request, {
      ...client.handler,
      onClosed(stream, reason) {
        client.handler.onClosed(stream, reason);
        client.connection.reset(second);
      },
    });
    const second = client.connection.open(request, client.handler);
    end(client);
    const closed = client.events.filter((event) => event.startsWith("#"));
    assert.deepEqual(closed, [lastEnd, "#3 cancelled"]);
    assert.ok(first.isClosed);
  });
}
