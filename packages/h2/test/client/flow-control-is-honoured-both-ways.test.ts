import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameType, frame, headerBlock, settingsFrame, uint32 } from "../../../xds/test/support/http2-frames.ts";
import { encodeHeaders } from "../../src/index.ts";
import { type RecordedClient, recordClient } from "../support/recorded-client.ts";

const { DATA, HEADERS, WINDOW_UPDATE } = FrameType;
const request = encodeHeaders([[":method", "POST"]]);

/** Lengths of the DATA frames of a stream that were written. */
function sentOn(client: RecordedClient, streamId: number): number[] {
  const frames = client.written().filter((one) => one.type === DATA && one.streamId === streamId);
  return frames.map(({ payload }) => payload.length);
}

test("what goes over the stream's window waits for WINDOW_UPDATE, in frames that the server takes", () => {
  const client = recordClient();
  const stream = client.connection.open(request, client.handler);
  assert.equal(client.connection.send(stream, Buffer.alloc(100_000)), "queued");
  assert.deepEqual(sentOn(client, 1), [16_384, 16_384, 16_384, 16_383]);
  assert.equal(client.connection.queuedBytes, 100_000 - 65_535);
  client.give(frame(WINDOW_UPDATE, 0, 1, uint32(50_000)));
  assert.deepEqual(sentOn(client, 1), [], "the connection's window is empty too");
  client.connection.end(stream);
  client.give(settingsFrame([[5, 30_000]]), frame(WINDOW_UPDATE, 0, 0, uint32(50_000)));
  assert.deepEqual(sentOn(client, 1), [30_000, 4_465]);
  assert.equal(stream.local, "ended");
  assert.equal(client.connection.queuedBytes, 0);
});

test("INITIAL_WINDOW_SIZE moves the windows of open streams, below zero too", () => {
  const client = recordClient();
  const stream = client.connection.open(request, client.handler);
  assert.equal(client.connection.send(stream, Buffer.alloc(1_000)), "sent");
  client.give(settingsFrame([[4, 500]]));
  assert.equal(client.connection.beginData(stream, 1), undefined, "500 over the window");
  assert.equal(client.connection.send(stream, Buffer.alloc(100)), "queued");
  client.give(settingsFrame([[4, 1_050]]));
  assert.deepEqual(sentOn(client, 1), [1_000, 50]);
  client.give(settingsFrame([[4, 2_000]]));
  assert.deepEqual(sentOn(client, 1), [50]);
});

test("a stream that waits does not hold up another, and what is too much is refused", () => {
  const client = recordClient({ maxQueuedBytes: 100 });
  client.give(settingsFrame([[4, 10]]));
  const first = client.connection.open(request, client.handler);
  const second = client.connection.open(request, client.handler);
  assert.equal(client.connection.send(first, Buffer.alloc(60)), "queued");
  assert.equal(client.connection.send(first, Buffer.alloc(60)), "refused");
  assert.equal(client.connection.send(second, Buffer.alloc(10)), "sent");
  assert.deepEqual(sentOn(client, 3), [10]);
  client.connection.reset(first);
  assert.equal(client.connection.queuedBytes, 0, "a stream takes what waits with it");
  assert.equal(client.connection.send(first, Buffer.alloc(1)), "refused");
});

test("what came is given back at half of each window", () => {
  const client = recordClient({ streamWindowBytes: 1_000, connectionWindowBytes: 70_000 });
  client.connection.open(request, client.handler);
  client.give(frame(HEADERS, 4, 1, headerBlock([[":status", "200"]])));
  client.written();
  const updates = (): (readonly [number, number])[] =>
    client.written().map(({ streamId, payload }) => [streamId, payload.readUInt32BE(0)] as const);
  client.give(frame(DATA, 0, 1, Buffer.alloc(499)));
  assert.deepEqual(updates(), []);
  client.give(frame(DATA, 8, 1, Buffer.alloc(301)));
  assert.deepEqual(updates(), [[1, 800]], "padding counts");
  for (let count = 0; count < 2; count++) client.give(frame(DATA, 0, 1, Buffer.alloc(16_384)));
  assert.deepEqual(updates(), [
    [1, 16_384],
    [1, 16_384],
  ]);
  client.give(frame(DATA, 0, 1, Buffer.alloc(2_000)));
  assert.deepEqual(updates(), [
    [0, 35_568],
    [1, 2_000],
  ]);
});
