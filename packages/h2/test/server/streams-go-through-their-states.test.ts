import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Flag,
  FrameType,
  frame,
  headerBlock,
  openFrame,
  settingsFrame,
  uint32,
} from "../../../xds/test/support/http2-frames.ts";
import { ErrorCode, encodeHeaders, largestStreamId } from "../../src/index.ts";
import { type RecordedServer, recordServer } from "../support/recorded-server.ts";

const { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION } = FrameType;
const ok = encodeHeaders([[":status", "200"]]);
const trailers = encodeHeaders([["grpc-status", "0"]]);
const request = openFrame(1).subarray(9);
const requestText = ":method POST :scheme http :path /echo :authority test te trailers content-type application/grpc";
const end = (streamId: number): Buffer => frame(DATA, Flag.END_STREAM, streamId);

/** What was written, as `type/flags#stream:length`. */
function summary(server: RecordedServer): string[] {
  const names = Object.keys(FrameType);
  return server.written().map((one) => `${names[one.type]}/${one.flags}#${one.streamId}:${one.payload.length}`);
}

/** The code of the last RST_STREAM that was written. */
function resetCode(server: RecordedServer): number | undefined {
  return server
    .written()
    .findLast(({ type }) => type === RST_STREAM)
    ?.payload.readUInt32BE(0);
}

test("a request with DATA, padding and trailers arrives in order, and is answered", () => {
  const server = recordServer();
  server.give(
    openFrame(1),
    frame(DATA, Flag.PADDED, 1, Buffer.from("\x02abc\0\0")),
    frame(DATA, Flag.PADDED, 1, Buffer.from("\x03\0\0\0")),
    frame(DATA, 0, 1, Buffer.from("def")),
    frame(HEADERS, Flag.END_STREAM, 1, headerBlock([["a", "b"]]).subarray(0, 2)),
    frame(CONTINUATION, Flag.END_HEADERS, 1, headerBlock([["a", "b"]]).subarray(2)),
  );
  assert.deepEqual(server.events, [`#1 request ${requestText}`, "#1 data abc", "#1 data def", "#1 end"]);
  const stream = server.streams.get(1)!;
  server.connection.respond(stream, ok);
  server.connection.send(stream, Buffer.from("hello"));
  server.connection.sendTrailers(stream, trailers);
  assert.deepEqual(summary(server), ["HEADERS/4#1:1", "DATA/0#1:5", `HEADERS/5#1:${trailers.length}`]);
  assert.equal(server.events.at(-1), "#1 closed ended");
  assert.equal(server.connection.streamCount, 0);
});

test("a request that is whole at once can be answered at once, from within", () => {
  const server = recordServer({}, { onRequest: (stream, connection) => connection.respond(stream, ok, true) });
  server.give(frame(HEADERS, 5, 1, request));
  assert.deepEqual(server.events, [`#1 request ${requestText} end`, "#1 closed ended"]);
  assert.deepEqual(summary(server), ["HEADERS/5#1:1"]);
});

test("an answer that ends before the request says by RST_STREAM that nobody listens, and bears with what crosses it", () => {
  const server = recordServer();
  for (const [streamId, answer] of [
    [1, (id: number): void => server.connection.respond(server.streams.get(id)!, ok, true)],
    [3, (id: number): void => server.connection.sendTrailers(server.streams.get(id)!, trailers)],
    [5, (id: number): void => server.connection.end(server.streams.get(id)!)],
  ] as const) {
    server.give(openFrame(streamId));
    if (streamId !== 1) server.connection.respond(server.streams.get(streamId)!, ok);
    answer(streamId);
    assert.equal(resetCode(server), ErrorCode.NO_ERROR);
    const told = server.events.length;
    assert.equal(server.events.at(-1), `#${streamId} closed ended`);
    server.give(frame(DATA, 0, streamId, Buffer.alloc(9)), frame(HEADERS, 5, streamId, headerBlock([["a", "b"]])));
    server.give(frame(WINDOW_UPDATE, 0, streamId, uint32(1)), frame(RST_STREAM, 0, streamId, uint32(8)));
    assert.equal(server.events.length, told);
    assert.deepEqual(summary(server), []);
  }
});

test("what is sent before the answer's headers, or after its end, goes behind them or nowhere", () => {
  const server = recordServer();
  server.give(openFrame(1));
  const stream = server.streams.get(1)!;
  assert.equal(server.connection.send(stream, Buffer.from("early")), "queued");
  server.connection.respond(stream, ok);
  server.connection.respond(stream, ok);
  assert.deepEqual(summary(server), ["HEADERS/4#1:1", "DATA/0#1:5"]);
  server.give(end(1));
  server.connection.sendTrailers(stream, trailers);
  server.connection.sendTrailers(stream, trailers);
  server.connection.reset(stream, ErrorCode.CANCEL);
  assert.equal(server.connection.send(stream, Buffer.from("late")), "refused");
  assert.deepEqual(summary(server), [`HEADERS/5#1:${trailers.length}`]);
});

const afterEnd: readonly (readonly [what: string, came: Buffer])[] = [
  ["DATA", frame(DATA, 0, 1, Buffer.of(1))],
  ["DATA that is empty", frame(DATA, 0, 1)],
  ["HEADERS", frame(HEADERS, 5, 1, request)],
];
for (const [what, came] of afterEnd) {
  test(`${what} of a stream that the client has ended costs the stream: STREAM_CLOSED`, () => {
    const server = recordServer();
    server.give(openFrame(1), end(1), came);
    assert.equal(resetCode(server), ErrorCode.STREAM_CLOSED);
    assert.equal(server.events.at(-2), "#1 closed fault stream-closed");
    assert.match(server.events.at(-1)!, /^minor stream-closed/);
    assert.equal(server.connection.isDone, false);
  });
}

test("DATA of a stream that is over, and not by our reset, is answered STREAM_CLOSED each time, and counts", () => {
  const server = recordServer();
  server.give(openFrame(1), frame(RST_STREAM, 0, 1, uint32(8)));
  assert.equal(server.events.at(-1), "#1 closed reset 8");
  server.give(frame(DATA, 0, 1, Buffer.of(1)));
  assert.equal(resetCode(server), ErrorCode.STREAM_CLOSED);
  assert.match(server.events.at(-1)!, /^minor stream-closed/);
  assert.equal(server.connection.isDone, false);
});

const faults: readonly (readonly [what: string, came: readonly Buffer[], code: keyof typeof ErrorCode])[] = [
  ["a pseudo-header in trailers", [frame(HEADERS, 5, 1, request)], "PROTOCOL_ERROR"],
  ["trailers that go on", [frame(HEADERS, 4, 1, headerBlock([["a", "b"]]))], "PROTOCOL_ERROR"],
  ["65 trailers", [frame(HEADERS, 5, 1, headerBlock(Array(65).fill(["a", "b"])))], "ENHANCE_YOUR_CALM"],
  ["a window of the stream that grows by 0", [frame(WINDOW_UPDATE, 0, 1, uint32(0))], "PROTOCOL_ERROR"],
  ["a window of the stream over 2^31 - 1", [frame(WINDOW_UPDATE, 0, 1, uint32(2 ** 31 - 1))], "FLOW_CONTROL_ERROR"],
  ["a stream that depends on itself", [frame(PRIORITY, 0, 1, Buffer.of(0, 0, 0, 1, 9))], "PROTOCOL_ERROR"],
];
for (const [what, came, code] of faults) {
  test(`${what} costs the stream only: ${code}`, () => {
    const server = recordServer();
    server.give(openFrame(1), openFrame(3), ...came, frame(DATA, 0, 3, Buffer.from("on")));
    assert.equal(resetCode(server), ErrorCode[code]);
    assert.match(server.events.at(-3)!, /^#1 closed fault /);
    assert.match(server.events.at(-2)!, /^minor /);
    assert.equal(server.events.at(-1), "#3 data on");
  });
}

test("HEADERS that depend on themselves are refused, and others' priorities skipped", () => {
  const server = recordServer();
  const withPriority = (on: number): Buffer => Buffer.concat([uint32(on), Buffer.of(200), request]);
  server.give(frame(HEADERS, 4 | Flag.PRIORITY, 1, withPriority(1)));
  assert.equal(resetCode(server), ErrorCode.PROTOCOL_ERROR);
  server.give(frame(HEADERS, 4 | Flag.PRIORITY, 3, withPriority(1)), frame(PRIORITY, 0, 99, Buffer.alloc(5)));
  assert.equal(server.events.at(-1), `#3 request ${requestText}`);
});

test("empty DATA that ends nothing is told, and changes nothing", () => {
  const server = recordServer();
  server.give(openFrame(1), frame(DATA, 0, 1), frame(DATA, 0, 1, Buffer.of(65)), end(1));
  assert.deepEqual(server.events.slice(1), [
    "minor protocol-error: a DATA frame was empty, and ended nothing",
    "#1 data A",
    "#1 end",
  ]);
});

test("unknown frames, flags and settings change nothing", () => {
  const server = recordServer();
  server.give(
    frame(77, 255, 0, Buffer.from("unknown")),
    frame(HEADERS, 4 | 64 | 128, 1, request),
    frame(78, 255, 1),
    settingsFrame([[99, 2 ** 32 - 1]]),
    frame(PING, 2, 0, Buffer.alloc(8)),
    frame(DATA, 4, 1, Buffer.from("a")),
  );
  assert.deepEqual(server.events, [`#1 request ${requestText}`, "settings", "ping", "#1 data a"]);
});

test("GOAWAY in two steps loses no request: later streams are not taken up, but read over in step", () => {
  const server = recordServer();
  server.give(openFrame(1));
  server.connection.sayGoaway(ErrorCode.NO_ERROR, "soon", largestStreamId);
  server.give(openFrame(3));
  server.connection.sayGoaway(ErrorCode.NO_ERROR, "now");
  const lastIds = server.written().map(({ type, payload }) => [type, payload.readUInt32BE(0)]);
  assert.deepEqual(lastIds, [
    [GOAWAY, largestStreamId],
    [GOAWAY, 3],
  ]);
  server.give(frame(HEADERS, 4, 5, Buffer.concat([request, Buffer.from("4001610162", "hex")])));
  server.give(
    frame(DATA, 0, 5, Buffer.alloc(9)),
    frame(HEADERS, 5, 5, Buffer.of(0xbe)),
    frame(RST_STREAM, 0, 5, uint32(8)),
  );
  server.give(frame(HEADERS, 5, 3, Buffer.of(0xbe)), frame(DATA, 0, 1, Buffer.from("on")));
  assert.deepEqual(server.events.slice(2), ["#3 end", "#1 data on"]);
  assert.deepEqual(summary(server), []);
  server.connection.goaway(ErrorCode.ENHANCE_YOUR_CALM, "calm");
  assert.deepEqual(
    server.written().map(({ payload }) => payload.toString("latin1", 8)),
    ["calm"],
  );
  server.give(frame(PING, 0, 0, Buffer.alloc(8)));
  server.connection.lose();
  assert.deepEqual(server.events.slice(4), ["#1 closed lost", "#3 closed lost"]);
});

test("a client's GOAWAY is told, and its streams go on", () => {
  const server = recordServer();
  server.give(openFrame(1), frame(GOAWAY, 0, 0, Buffer.concat([uint32(0), uint32(11), Buffer.from("bye")])), end(1));
  assert.deepEqual(server.events.slice(1), ["goaway 11", "#1 end"]);
});

test("SETTINGS are acknowledged and PINGs answered, and told; ours can be asked", () => {
  const server = recordServer();
  server.give(
    settingsFrame([
      [1, 0],
      [2, 0],
      [3, 1],
      [6, 1],
    ]),
    frame(PING, 0, 0, Buffer.from("12345678")),
  );
  const [ack, pong] = server.written();
  assert.deepEqual([ack?.type, ack?.flags, pong?.flags, pong?.payload.toString()], [SETTINGS, 1, 1, "12345678"]);
  assert.equal(server.connection.isSettingsAcked, false);
  server.connection.ping();
  server.give(frame(PING, 1, 0, server.written()[0]!.payload), frame(SETTINGS, 1, 0));
  assert.equal(server.connection.isSettingsAcked, true);
  assert.deepEqual(server.events, ["settings", "ping"]);
});

test("a client that lowers its header table is told that it is empty, once, before the next headers", () => {
  const server = recordServer({}, { onRequest: (stream, connection) => connection.respond(stream, ok) });
  server.give(settingsFrame([[1, 0]]), openFrame(1), openFrame(3));
  const blocks = server.written().filter(({ type }) => type === HEADERS);
  assert.deepEqual(
    blocks.map(({ payload }) => payload.toString("hex")),
    ["2088", "88"],
  );
});

test("our SETTINGS say what the options say", () => {
  const server = recordServer({ maxStreams: 7, streamWindowBytes: 1_000 }, { isReady: false });
  const [settings, update] = server.written();
  const pairs = Array.from({ length: settings!.payload.length / 6 }, (_, at) => [
    settings!.payload.readUInt16BE(6 * at),
    settings!.payload.readUInt32BE(6 * at + 2),
  ]);
  assert.deepEqual(pairs, [
    [1, 4_096],
    [4, 1_000],
    [5, 16_384],
    [6, 16_384],
    [3, 7],
  ]);
  assert.deepEqual([update?.streamId, update?.payload.readUInt32BE(0)], [0, 1_048_576 - 65_535]);
});
