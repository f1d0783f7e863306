// reliability.md, "any client bytes at all": for each way to abuse HTTP/2 the process is up, another stream gets its messages
// meanwhile, less than 64 MiB are held, and the connection is closed. What floods-close-their-connection-only has is not here again.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import type { Http2Limits } from "../../src/server/http2/limits.ts";
import { makeCertificate } from "../support/certificates.ts";
import { listenEcho, quick } from "../support/echo-server.ts";
import {
  callHeaders,
  Flag,
  FrameType,
  frame,
  headerBlock,
  messageFrame,
  openFrame,
  settingsFrame,
  uint32,
} from "../support/http2-frames.ts";
import { connectRaw, type RawClient, type RawClientOptions } from "../support/raw-http2.ts";
import { connectTo, startCall } from "../support/test-call.ts";
import { waitFor } from "../support/wait-for.ts";

const MIB = 1_048_576;
const mostGrownBytes = 64 * MIB;
/** Far more than any limit in counts. */
const MANY = 3_000;

interface Abuse {
  readonly play: (client: RawClient) => void | Promise<void>;
  readonly limits?: Partial<Http2Limits>;
  readonly client?: RawClientOptions;
  /** `bounded`: what it costs is bounded while it stays, and it may stay. Default: it is closed. */
  readonly end?: "bounded";
}

const { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION } = FrameType;
const many = (make: (at: number) => Buffer, count = MANY): Buffer[] =>
  Array.from({ length: count }, (_, at) => make(at));
const idOf = (at: number) => 2 * at + 1;
const call = headerBlock(callHeaders("/echo"));
const openWith = (id: number, ...more: readonly Uint8Array[]) =>
  frame(HEADERS, Flag.END_HEADERS, id, Buffer.concat([call, ...more]));

/** Each request is one that the client makes the server reset: MadeYouReset, CVE-2025-8671. */
const madeYouReset: Readonly<Record<string, (id: number) => readonly Buffer[]>> = {
  "WINDOW_UPDATE of 0": (id) => [frame(WINDOW_UPDATE, 0, id, uint32(0))],
  "WINDOW_UPDATE of too much": (id) => [frame(WINDOW_UPDATE, 0, id, uint32(2 ** 31 - 1))],
  "DATA behind its end": (id) => [frame(DATA, Flag.END_STREAM, id), frame(DATA, 0, id, Buffer.from("x"))],
  "HEADERS behind its end": (id) => [
    frame(DATA, Flag.END_STREAM, id),
    frame(HEADERS, Flag.END_HEADERS | Flag.END_STREAM, id, headerBlock([["x-a", "b"]])),
  ],
  "trailers with a pseudo-header": (id) => [
    frame(HEADERS, Flag.END_HEADERS | Flag.END_STREAM, id, headerBlock([[":path", "/"]])),
  ],
  "PRIORITY on itself": (id) => [frame(PRIORITY, 0, id, Buffer.concat([uint32(id), Buffer.of(1)]))],
};

/** 4,000 bytes into the dynamic table, and then over and over out of it: 60 MB in a block of 16 KB. */
const bombOfBytes = Buffer.concat([
  Buffer.from([0x40, 1, 0x61, 0x7f, 0xa1, 0x1e]),
  Buffer.alloc(4_000, 0x62),
  Buffer.alloc(12_000, 0x80 | 62),
]);
/** 16,000 fields of the static table, one byte each. */
const bombOfPairs = Buffer.alloc(16_000, 0x80 | 16);

const abuses: Readonly<Record<string, Abuse>> = {
  ...Object.fromEntries(
    Object.entries(madeYouReset).map(([how, spoil]): [string, Abuse] => [
      `streams that the server is made to reset, by ${how}`,
      { play: (raw) => raw.send(...many((at) => Buffer.concat([openFrame(idOf(at)), ...spoil(idOf(at))]))) },
    ]),
  ),
  "HPACK bombs of bytes": {
    play: (raw) => raw.send(...many((at) => openWith(idOf(at), bombOfBytes), 200)),
    end: "bounded",
  },
  "HPACK bombs of pairs": {
    play: (raw) => raw.send(...many((at) => openWith(idOf(at), bombOfPairs), 200)),
    end: "bounded",
  },
  "an HPACK integer without end": { play: (raw) => raw.send(openWith(1, Buffer.alloc(1_000, 0xff))) },
  "a Huffman code that is none": {
    play: (raw) => raw.send(openWith(1, Buffer.from([0, 1, 0x61, 0x84, 255, 255, 255, 255]))),
  },
  "headers without a name": {
    play: (raw) => raw.send(...many((at) => openWith(idOf(at), headerBlock([["", "x"]])))),
  },
  "a header block that never ends": {
    limits: { keepaliveIdleMs: 50, keepaliveTimeoutMs: 50 },
    play: (raw) => raw.send(frame(HEADERS, 0, 1, call)),
  },
  "CONTINUATION of nothing": { play: (raw) => raw.send(frame(CONTINUATION, 0, 1, call)) },
  "empty CONTINUATION frames": {
    play: (raw) => raw.send(frame(HEADERS, 0, 1, call), ...many(() => frame(CONTINUATION, 0, 1))),
  },
  "WINDOW_UPDATE of 0 for the connection": { play: (raw) => raw.send(frame(WINDOW_UPDATE, 0, 0, uint32(0))) },
  "windows that go up and down under open streams": {
    play: (raw) =>
      raw.send(
        ...many((at) => openFrame(idOf(at)), 500),
        ...many((at) => settingsFrame([[4, at % 2 === 0 ? 0 : 65_535]])),
      ),
  },
  "DATA on a stream that is over": {
    play: (raw) =>
      raw.send(openFrame(1), frame(DATA, Flag.END_STREAM, 1), ...many(() => frame(DATA, 0, 1, Buffer.from("x")))),
    end: "bounded",
  },
  "DATA that is all padding": {
    play: (raw) =>
      raw.send(
        openFrame(1),
        ...many(() => frame(DATA, Flag.PADDED, 1, Buffer.concat([Buffer.of(255), Buffer.alloc(255)]))),
      ),
    end: "bounded",
  },
  "PRIORITY without end": {
    play: (raw) => raw.send(...many((at) => frame(PRIORITY, 0, idOf(at), Buffer.alloc(5)), 50_000)),
    end: "bounded",
  },
  "unknown frames without end": {
    play: (raw) => raw.send(...many(() => frame(0xee, 0, 0, Buffer.alloc(100)), 50_000)),
    end: "bounded",
  },
  "answers to PINGs that nobody sent": {
    play: (raw) => raw.send(...many(() => frame(PING, Flag.ACK, 0, Buffer.alloc(8)), 50_000)),
    end: "bounded",
  },
  "acknowledgements of SETTINGS that nobody sent": {
    play: (raw) => raw.send(...many(() => frame(SETTINGS, Flag.ACK, 0))),
  },
  "GOAWAY without end": {
    play: (raw) => raw.send(...many(() => frame(GOAWAY, 0, 0, Buffer.alloc(8)))),
    end: "bounded",
  },
  "resets of streams that are over": {
    play: (raw) => raw.send(openFrame(1), ...many(() => frame(RST_STREAM, 0, 1, uint32(8)), 50_000)),
    end: "bounded",
  },
  "a window of 0 under messages": {
    client: { settings: [[4, 0]] },
    limits: { evictAfterMs: 200, keepaliveIdleMs: 200, maxQueuedBytesPerConnection: 4 * MIB },
    play: (raw) =>
      raw.send(...many((at) => Buffer.concat([openFrame(idOf(at)), messageFrame(idOf(at), Buffer.alloc(10_000))]), 90)),
    end: "bounded",
  },
  "a window that is opened byte by byte": {
    client: { settings: [[4, 0]], keepsFrames: false },
    limits: { evictAfterMs: 200 },
    play: (raw) =>
      raw.send(
        openFrame(1),
        messageFrame(1, Buffer.alloc(200_000).subarray(0, 16_000)),
        ...many(() => frame(WINDOW_UPDATE, 0, 1, uint32(1)), 10_000),
      ),
    end: "bounded",
  },
  "a client that reads nothing": {
    limits: { evictAfterMs: 300, keepaliveIdleMs: 300, keepaliveTimeoutMs: 100 },
    client: { settings: [[4, 2 ** 31 - 1]], answers: false },
    play: async (raw) => {
      raw.send(frame(SETTINGS, Flag.ACK, 0), frame(WINDOW_UPDATE, 0, 0, uint32(2 ** 30)));
      raw.socket.pause();
      raw.send(...many((at) => Buffer.concat([openFrame(idOf(at)), messageFrame(idOf(at), Buffer.alloc(16_000))]), 60));
    },
    end: "bounded",
  },
};

for (const [what, abuse] of Object.entries(abuses)) {
  test(what, async (t) => {
    const server = await listenEcho(t, { limits: { ...quick, ...abuse.limits } });
    const healthy = startHealthy(t, server.target);
    await healthy.exchange();
    const before = heldBytes();
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, heldBytes() - before);
    }, 10);
    t.after(() => clearInterval(watch));
    const client = connectRaw(server.port, abuse.client);
    await abuse.play(client);
    await healthy.exchange();
    if (abuse.end === "bounded") await settled(client);
    else await waitFor("the connection to be closed", () => client.isClosed);
    await healthy.exchange();
    client.close();
    await waitFor("it to be forgotten", () => server.transport.connections === 1);
    assert.ok(most < mostGrownBytes, `${Math.round(most / MIB)} MiB were held`);
    assert.equal(server.streams.size, 1);
    assert.deepEqual(server.faults, []);
  });
}

test("a TLS handshake that stalls", async (t) => {
  const { cert, key } = makeCertificate("server");
  const tls = { cert: { pem: cert }, key: { pem: key } };
  const server = await listenEcho(t, { limits: { ...quick, handshakeMs: 100 }, tls });
  const silent = connect(server.port, "127.0.0.1");
  const garbage = connect(server.port, "127.0.0.1");
  for (const socket of [silent, garbage]) socket.on("error", () => {});
  garbage.write(Buffer.alloc(1_000, 0xa5));
  await Promise.all([once(silent, "close"), once(garbage, "close")]);
  assert.equal(server.transport.connections, 0);
});

/** A stream on another connection, whose messages come back whatever happens. */
function startHealthy(t: TestContext, target: string) {
  const connection = connectTo(target);
  t.after(() => connection.close());
  const healthy = startCall(connection);
  return {
    async exchange(): Promise<void> {
      const before = healthy.messages.length;
      healthy.send(`message ${before}`);
      await waitFor("the healthy stream's echo", () => healthy.messages.length > before);
      assert.equal(healthy.status, undefined);
    },
  };
}

/** Until the server has read all that was sent, or is done with the connection. */
async function settled(client: RawClient): Promise<void> {
  await waitFor("all to be sent", () => client.isClosed || client.socket.writableLength === 0);
  await new Promise((resolve) => setTimeout(resolve, 300));
}

/** By client and server together: an upper bound. */
function heldBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
