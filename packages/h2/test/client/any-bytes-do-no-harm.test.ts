import assert from "node:assert/strict";
import { test } from "node:test";
import { Flag, FrameType, frame, headerBlock, settingsFrame, uint32 } from "../../../xds/test/support/http2-frames.ts";
import { createRandom, type Random } from "../../../xds/test/support/random.ts";
import { encodeHeaders } from "../../src/index.ts";
import { recordClient } from "../support/recorded-client.ts";

// A server that sends frames that are nearly right, with bytes changed, cut anywhere: 15,000 of them.
const seed = 9_113;
const connections = 500;
const framesEach = 30;
const request = encodeHeaders([[":method", "POST"]]);
const { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION } = FrameType;

function randomFrame(random: Random): Buffer {
  const stream = random.chance(0.02) ? random.pick([0, 2, 99]) : random.pick([1, 3, 5, 7]);
  const flags = random.chance(0.1) ? random.int(256) : random.pick([0, 0, 0, Flag.END_STREAM]);
  switch (random.int(12)) {
    case 0:
    case 1:
      return frame(HEADERS, Flag.END_HEADERS, stream, headerBlock([[":status", "200"]]));
    case 2:
      return frame(
        HEADERS,
        Flag.END_HEADERS | flags,
        stream,
        random.chance(0.1) ? random.bytes(random.int(20)) : Buffer.of(0x88),
      );
    case 3:
    case 4:
    case 5:
      return frame(DATA, flags, stream, random.bytes(random.int(300)));
    case 6:
      return settingsFrame([
        [random.int(9), random.chance(0.1) ? random.int(2 ** 32) : random.pick([0, 1, 16_384, 65_535])],
      ]);
    case 7:
      return frame(WINDOW_UPDATE, 0, stream, uint32(random.int(random.chance(0.02) ? 2 ** 32 : 70_000)));
    case 8:
      return random.pick([
        frame(RST_STREAM, 0, stream, uint32(8)),
        frame(PRIORITY, 0, stream, random.bytes(5)),
        frame(CONTINUATION, Flag.END_HEADERS, stream),
        frame(77, flags, stream, random.bytes(9)),
      ]);
    case 9:
      return frame(PING, random.int(2), 0, random.bytes(8));
    case 10:
      return random.chance(0.2) ? frame(GOAWAY, 0, 0, random.bytes(8 + random.int(20))) : frame(SETTINGS, 0, 0);
    default:
      return frame(HEADERS, Flag.END_HEADERS | Flag.END_STREAM, stream, headerBlock([["grpc-status", "0"]]));
  }
}

test(`whatever comes, the client tells of each stream's end once and holds nothing afterwards (seed ${seed})`, () => {
  const random = createRandom(seed);
  let faults = 0;
  let answered = 0;
  for (let at = 0; at < connections; at++) {
    const client = recordClient();
    const streams = Array.from({ length: 4 }, () => client.connection.open(request, client.handler));
    for (const stream of streams) client.connection.send(stream, random.bytes(random.int(40_000)));
    const bytes = Buffer.concat(Array.from({ length: framesEach }, () => randomFrame(random)));
    if (random.chance(0.5)) bytes[random.int(bytes.length)] = random.int(256);
    for (let start = 0; start < bytes.length; ) {
      const end = Math.min(bytes.length, start + 1 + random.int(400));
      client.connection.receive(bytes, start, end);
      start = end;
    }
    faults += client.connection.isDone ? 1 : 0;
    answered += client.events.some((event) => event.includes("data")) ? 1 : 0;
    client.connection.lose();
    assert.ok(streams.every(({ isClosed, queue }) => isClosed && queue === undefined));
    assert.deepEqual([client.connection.streamCount, client.connection.queuedBytes], [0, 0], `connection ${at}`);
    const ends = client.events.filter((event) => /^#\d+ (ended|reset|refused|fault|cancelled|lost)/.test(event));
    assert.equal(ends.length, streams.length, client.events.join("\n"));
  }
  assert.ok(
    faults > connections / 10,
    `${faults} connections were ended for a fault: the bytes are wrong often enough`,
  );
  assert.ok(answered > connections / 10, `${answered} connections had data: the bytes are right often enough`);
});
