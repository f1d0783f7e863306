import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
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
import { encodeHeaders } from "../../src/index.ts";
import { type RecordedServer, recordServer } from "../support/recorded-server.ts";

const { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION } = FrameType;
const ok = encodeHeaders([[":status", "200"]]);
const answer = Buffer.alloc(40_000, "answer");
const request = openFrame(1).subarray(9);

const id = fc.oneof({ weight: 40, arbitrary: fc.constantFrom(1, 3, 3, 5) }, fc.constantFrom(0, 2, 9, 2 ** 31 - 1));
const flags = fc.oneof({ weight: 20, arbitrary: fc.constantFrom(0, 0, Flag.END_STREAM, 4, 5) }, fc.nat(255));
const bytes = (most: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength: most, size: "max" }).map((all) => Buffer.from(all));
const sized = (length: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((all) => Buffer.from(all));

// Frames as a client sends them, and nearly so; "open" opens the next stream.
const anyFrame: fc.Arbitrary<Buffer | "open"> = fc.oneof(
  { weight: 8, arbitrary: fc.constant("open" as const) },
  fc.constantFrom(0, 1, 2).map((stream) => openFrame(stream)),
  {
    weight: 20,
    arbitrary: fc.tuple(flags, id, bytes(300)).map(([flag, stream, body]) => frame(DATA, flag, stream, body)),
  },
  { weight: 2, arbitrary: id.map((stream) => frame(DATA, Flag.END_STREAM, stream)) },
  {
    weight: 1,
    arbitrary: fc.tuple(flags, id, bytes(20)).map(([flag, stream, block]) => frame(HEADERS, flag, stream, block)),
  },
  id.map((stream) => frame(HEADERS, 5, stream, headerBlock([["a", "b"]]))),
  fc
    .tuple(id, fc.nat(request.length))
    .map(([stream, cut]) =>
      Buffer.concat([
        frame(HEADERS, 0, stream, request.subarray(0, cut)),
        frame(CONTINUATION, 4, stream, request.subarray(cut)),
      ]),
    ),
  fc.tuple(flags, id).map(([flag, stream]) => frame(CONTINUATION, flag, stream)),
  id.map((stream) => frame(RST_STREAM, 0, stream, uint32(8))),
  fc.tuple(id, sized(5)).map(([stream, body]) => frame(PRIORITY, 0, stream, body)),
  {
    weight: 10,
    arbitrary: fc.tuple(id, fc.nat(70_000)).map(([stream, more]) => frame(WINDOW_UPDATE, 0, stream, uint32(more))),
  },
  fc
    .tuple(fc.nat(9), fc.oneof(fc.constantFrom(0, 1, 100, 16_384, 65_535), fc.nat()))
    .map((pair) => settingsFrame([pair])),
  fc.constantFrom(frame(SETTINGS, 0, 0), frame(SETTINGS, 1, 0)),
  fc.tuple(fc.nat(1), sized(8)).map(([flag, body]) => frame(PING, flag, 0, body)),
  bytes(20).map((body) => frame(GOAWAY, 0, 0, Buffer.concat([Buffer.alloc(8), body]))),
  fc.tuple(flags, id, bytes(20)).map(([flag, stream, body]) => frame(77, flag, stream, body)),
);

const conversation = fc
  .tuple(
    fc.array(anyFrame, { maxLength: 30, size: "max" }),
    fc.option(fc.tuple(fc.nat(), fc.nat(255)), { freq: 3 }), // a byte that is changed
    fc.option(fc.tuple(fc.nat(), bytes(40)), { freq: 6 }), // bytes that are put in between
  )
  .map(([frames, changed, added]) => {
    let next = -1;
    const open = (): Buffer => {
      next += 2;
      return openFrame(next);
    };
    const sent = frames.map((one) => (one === "open" ? open() : one));
    const all = Buffer.concat([preface, settingsFrame([[4, 100_000]]), open(), open(), ...sent]);
    if (changed) all[all.length - 1 - (changed[0] % all.length)] = changed[1];
    const at = added ? added[0] % all.length : all.length;
    return Buffer.concat([all.subarray(0, at), added?.[1] ?? Buffer.alloc(0), all.subarray(at)]);
  });

/** A server that answers with more than the windows allow. */
function answering(): RecordedServer {
  return recordServer(
    { maxStreams: 3 },
    {
      isReady: false,
      onRequest(stream, connection) {
        connection.respond(stream, ok);
        connection.send(stream, answer);
        if (stream.id % 8 === 5) connection.sendTrailers(stream, ok);
      },
    },
  );
}

/** What happened, the DATA of a frame in one piece, and the bytes that were written. */
function run(all: Buffer, cuts: readonly number[]): { events: string[]; written: string; server: RecordedServer } {
  const server = answering();
  let at = 0;
  for (const length of cuts) {
    const end = Math.min(all.length, at + length);
    server.connection.receive(all, at, end);
    at = end;
  }
  server.connection.receive(all, at, all.length);
  const written = JSON.stringify(
    server.written().map((one) => [one.type, one.flags, one.streamId, one.payload.toString("hex")]),
  );
  return { events: server.events, written, server };
}

/** Puts DATA together that came in pieces. */
function joined(events: readonly string[]): string[] {
  const all: string[] = [];
  for (const event of events) {
    const [, stream, text] = /^(#\d+ data )(.*)$/s.exec(event) ?? [];
    if (stream !== undefined && all.at(-1)?.startsWith(stream)) all.push(all.pop()! + text);
    else all.push(event);
  }
  return all;
}

let faults = 0;
let requests = 0;
let runs = 0;

test("whatever comes, in whatever pieces, the same happens, each stream's end is told once, and nothing is held", () => {
  fc.assert(
    fc.property(
      conversation,
      fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 60, size: "max" }),
      (all, cuts) => {
        const whole = run(all, []);
        const pieces = run(all, cuts);
        assert.deepEqual(joined(pieces.events), joined(whole.events));
        assert.equal(pieces.written, whole.written);
        runs += 1;
        faults += whole.server.connection.isDone ? 1 : 0;
        requests += whole.events.some((event) => event.includes(" request ")) ? 1 : 0;
        whole.server.connection.lose();
        const streams = [...whole.server.streams.values()];
        assert.ok(streams.every(({ isClosed, queue }) => isClosed && queue === undefined));
        assert.deepEqual([whole.server.connection.streamCount, whole.server.connection.queuedBytes], [0, 0]);
        const ends = whole.events.filter((event) => /^#\d+ closed/.test(event)).toSorted();
        assert.equal(ends.length, streams.length);
        assert.equal(new Set(ends.map((event) => event.split(" ")[0])).size, streams.length);
        assert.ok(whole.events.filter((event) => event.startsWith("fault")).length <= 1);
      },
    ),
    { numRuns: 1_500 },
  );
  assert.ok(
    faults > runs / 10,
    `${faults} of ${runs} connections were ended for a fault: the bytes are wrong often enough`,
  );
  assert.ok(requests > runs / 4, `${requests} of ${runs} connections had requests: the bytes are right often enough`);
});

test("bytes that are only noise do no harm either", () => {
  fc.assert(
    fc.property(bytes(2_000), fc.boolean(), (noise, isBehindPreface) => {
      const server = answering();
      if (isBehindPreface) server.connection.receive(Buffer.concat([preface, settingsFrame()]));
      server.connection.receive(noise);
      server.connection.lose();
      assert.equal(server.connection.streamCount, 0);
    }),
    { numRuns: 1_000 },
  );
});
