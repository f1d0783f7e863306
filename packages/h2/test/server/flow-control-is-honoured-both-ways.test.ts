import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameType, frame, openFrame, settingsFrame, uint32 } from "../../../xds/test/support/http2-frames.ts";
import { ErrorCode, encodeHeaders, SharedMessage } from "../../src/index.ts";
import { type RecordedServer, recordServer } from "../support/recorded-server.ts";

const { DATA, WINDOW_UPDATE } = FrameType;
const ok = encodeHeaders([[":status", "200"]]);
const trailers = encodeHeaders([["grpc-status", "0"]]);

/** What was written, as `DATA#1:500` and the like. */
function summary(server: RecordedServer): string[] {
  const names = Object.keys(FrameType);
  const isEnd = (flags: number): string => (flags & 1 ? " end" : "");
  return server.written().map((one) => `${names[one.type]}#${one.streamId}:${one.payload.length}${isEnd(one.flags)}`);
}

/** A server that has answered the beginnings of streams 1, 3, … */
function answering(count: number, options: Parameters<typeof recordServer>[0] = {}): RecordedServer {
  const server = recordServer(options, { onRequest: (stream, connection) => connection.respond(stream, ok) });
  for (let at = 0; at < count; at++) server.give(openFrame(2 * at + 1));
  server.written();
  server.events.length = 0;
  return server;
}

test("what goes over the stream's window waits for WINDOW_UPDATE, in frames that the client takes, trailers behind it", () => {
  const server = answering(1);
  const stream = server.streams.get(1)!;
  assert.equal(server.connection.send(stream, new SharedMessage(Buffer.alloc(100_000))), "queued");
  server.connection.sendTrailers(stream, trailers);
  assert.deepEqual(summary(server), ["DATA#1:16384", "DATA#1:16384", "DATA#1:16384", "DATA#1:16383"]);
  assert.equal(server.connection.queuedBytes, 100_000 - 65_535);
  server.give(frame(WINDOW_UPDATE, 0, 1, uint32(50_000)));
  assert.deepEqual(summary(server), [], "the connection's window is empty too");
  server.give(settingsFrame([[5, 30_000]]), frame(WINDOW_UPDATE, 0, 0, uint32(50_000)));
  const trailing = `HEADERS#1:${trailers.length} end`;
  assert.deepEqual(summary(server), ["SETTINGS#0:0 end", "DATA#1:30000", "DATA#1:4465", trailing, "RST_STREAM#1:4"]);
  assert.deepEqual(server.events, ["settings", "#1 closed ended"]);
  assert.deepEqual([server.connection.queuedBytes, server.connection.streamCount], [0, 0]);
});

test("a shared message goes out whole while both windows have room for all of it, and to the last byte", () => {
  const server = answering(2);
  const [first, second] = [1, 3].map((id) => server.streams.get(id)!);
  const message = new SharedMessage(Buffer.alloc(40_000));
  assert.equal(server.connection.send(first!, message), "sent");
  assert.deepEqual(summary(server), ["DATA#1:16384", "DATA#1:16384", "DATA#1:7232"]);
  assert.equal(server.connection.send(second!, new SharedMessage(Buffer.alloc(25_535))), "sent");
  assert.deepEqual(summary(server), ["DATA#3:16384", "DATA#3:9151"]);
  assert.equal(
    server.connection.send(second!, new SharedMessage(Buffer.alloc(1))),
    "queued",
    "the connection's is empty",
  );
  assert.equal(
    server.connection.send(second!, new SharedMessage(Buffer.alloc(0))),
    "queued",
    "and what waits comes first",
  );
  server.give(frame(WINDOW_UPDATE, 0, 0, uint32(1)));
  assert.deepEqual(summary(server), ["DATA#3:1"]);
  assert.deepEqual(server.events, ["#3 sent"]);
});

test("a shared message is framed once for each stream id, and remembered for some", () => {
  const message = new SharedMessage(Buffer.from("hello"));
  const first = message.framedFor(1);
  assert.equal(Buffer.from(first).toString("hex"), "00000500000000000168656c6c6f");
  const ids = Array.from({ length: 32 }, (_, at) => 2 * at + 3);
  const others = ids.map((id) => message.framedFor(id));
  assert.ok(ids.every((id, at) => message.framedFor(id) === others[at]));
  message.framedFor(99);
  assert.notEqual(message.framedFor(3), others[0], "the oldest but the first went");
  assert.equal(message.framedFor(1), first);
  assert.equal(Buffer.from(new SharedMessage(Buffer.alloc(0)).framedFor(1)).toString("hex"), "000000000000000001");
  const large = new SharedMessage(Buffer.alloc(2 ** 21));
  const [one, other] = [1, 3].map((id) => large.framedFor(id));
  assert.ok(large.framedFor(1) === one && large.framedFor(3) === other);
  large.framedFor(5);
  assert.notEqual(large.framedFor(3), other, "of a large one for two");
});

test("INITIAL_WINDOW_SIZE moves the windows of open streams, below zero too", () => {
  const server = answering(1);
  const stream = server.streams.get(1)!;
  assert.equal(server.connection.send(stream, Buffer.alloc(1_000)), "sent");
  server.give(settingsFrame([[4, 500]]));
  assert.equal(server.connection.send(stream, new SharedMessage(Buffer.alloc(100))), "queued", "500 over the window");
  server.give(settingsFrame([[4, 1_050]]));
  assert.deepEqual(summary(server), ["DATA#1:1000", "SETTINGS#0:0 end", "SETTINGS#0:0 end", "DATA#1:50"]);
  server.give(settingsFrame([[4, 2_000]]));
  assert.deepEqual(summary(server), ["SETTINGS#0:0 end", "DATA#1:50"]);
  server.give(openFrame(3));
  assert.equal(server.streams.get(3)!.sendWindow, 2_000);
});

test("streams that wait for the connection's window get their turns", () => {
  const server = answering(3);
  const streams = [1, 3, 5].map((id) => server.streams.get(id)!);
  assert.equal(server.connection.send(streams[0]!, Buffer.alloc(65_535)), "sent");
  server.give(...[1, 3, 5].map((id) => frame(WINDOW_UPDATE, 0, id, uint32(1_000_000))));
  for (const stream of streams) server.connection.send(stream, Buffer.alloc(100));
  summary(server);
  for (let count = 0; count < 4; count++) server.give(frame(WINDOW_UPDATE, 0, 0, uint32(60)));
  assert.deepEqual(summary(server), ["DATA#1:60", "DATA#3:60", "DATA#5:60", "DATA#1:40", "DATA#3:20"]);
});

test("while it is held a connection sends no DATA, whatever room there is; then first what waits, in its order", () => {
  const server = answering(2);
  const [first, second] = [1, 3].map((id) => server.streams.get(id)!);
  server.connection.hold();
  assert.equal(server.connection.send(first!, new SharedMessage(Buffer.alloc(50))), "queued");
  assert.equal(server.connection.send(second!, Buffer.alloc(60)), "queued");
  server.connection.sendTrailers(second!, trailers);
  server.give(
    frame(WINDOW_UPDATE, 0, 0, uint32(9)),
    frame(WINDOW_UPDATE, 0, 1, uint32(9)),
    settingsFrame([[4, 70_000]]),
  );
  server.give(frame(FrameType.PING, 0, 0, Buffer.alloc(8)));
  assert.deepEqual(summary(server), ["SETTINGS#0:0 end", "PING#0:8 end"], "what is no DATA goes on");
  assert.equal(server.connection.queuedBytes, 110);
  server.connection.release();
  const trailing = `HEADERS#3:${trailers.length} end`;
  assert.deepEqual(summary(server), ["DATA#1:50", "DATA#3:60", trailing, "RST_STREAM#3:4"]);
  assert.deepEqual(server.events, ["settings", "ping", "#1 sent", "#3 closed ended"]);
  assert.equal(server.connection.send(first!, new SharedMessage(Buffer.alloc(1))), "sent");
});

test("a stream that waits does not hold up another, and what is too much is refused", () => {
  const server = answering(2, { maxQueuedBytes: 100 });
  server.give(settingsFrame([[4, 10]]));
  const [first, second] = [1, 3].map((id) => server.streams.get(id)!);
  summary(server);
  assert.equal(server.connection.send(first!, Buffer.alloc(60)), "queued");
  assert.equal(server.connection.send(first!, Buffer.alloc(60)), "refused");
  assert.equal(server.connection.send(second!, Buffer.alloc(10)), "sent");
  assert.deepEqual(summary(server), ["DATA#1:10", "DATA#3:10"]);
  server.connection.allowQueued(200);
  assert.equal(server.connection.send(first!, Buffer.alloc(60)), "queued");
  server.connection.reset(first!, ErrorCode.CANCEL);
  assert.equal(server.connection.queuedBytes, 0, "a stream takes what waits with it");
  assert.equal(server.connection.send(first!, Buffer.alloc(1)), "refused");
  assert.equal(server.connection.send(first!, new SharedMessage(Buffer.alloc(1))), "refused");
});

test("what came is given back at half of each window, padding too", () => {
  const server = answering(1, { streamWindowBytes: 1_000, connectionWindowBytes: 70_000 });
  server.give(frame(DATA, 0, 1, Buffer.alloc(499)));
  assert.deepEqual(summary(server), []);
  server.give(frame(DATA, 8, 1, Buffer.alloc(301)));
  const updates = (): (readonly [number, number])[] =>
    server.written().map(({ streamId, payload }) => [streamId, payload.readUInt32BE(0)] as const);
  assert.deepEqual(summary(server), ["WINDOW_UPDATE#1:4"]);
  for (let count = 0; count < 2; count++) server.give(frame(DATA, 0, 1, Buffer.alloc(16_384)));
  updates();
  server.give(frame(DATA, 0, 1, Buffer.alloc(2_000)));
  assert.deepEqual(updates(), [
    [0, 35_568],
    [1, 2_000],
  ]);
});

test("a paused stream's window is not given back until it is resumed; the connection's is", () => {
  const server = answering(2, { streamWindowBytes: 65_535, connectionWindowBytes: 65_535 });
  const stream = server.streams.get(1)!;
  server.connection.pause(stream);
  for (let count = 0; count < 3; count++) server.give(frame(DATA, 0, 1, Buffer.alloc(16_384)));
  assert.deepEqual(summary(server), ["WINDOW_UPDATE#0:4"]);
  server.give(frame(DATA, 0, 3, Buffer.alloc(16_384)), frame(DATA, 0, 3, Buffer.alloc(16_384)));
  assert.deepEqual(summary(server), ["WINDOW_UPDATE#0:4", "WINDOW_UPDATE#3:4"].toSorted());
  server.connection.resume(stream);
  const [update] = server.written();
  assert.deepEqual([update?.streamId, update?.payload.readUInt32BE(0)], [1, 49_152]);
  server.connection.pause(stream);
  server.give(...Array<Buffer>(4).fill(frame(DATA, 0, 1, Buffer.alloc(16_384))));
  assert.match(
    server.events.findLast((event) => event.includes("closed")) ?? "",
    /^#1 closed fault flow-control-error/,
  );
  assert.equal(server.connection.isDone, false);
});

test("a stream whose request has ended gives nothing back", () => {
  const server = answering(1, { streamWindowBytes: 1_000 });
  server.connection.pause(server.streams.get(1)!);
  server.give(frame(DATA, 1, 1, Buffer.alloc(900)));
  server.connection.resume(server.streams.get(1)!);
  assert.deepEqual(summary(server), []);
});
