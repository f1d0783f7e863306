import assert from "node:assert/strict";
import { test } from "node:test";
import { collectGarbage } from "../../../xds/test/support/collect-garbage.ts";
import {
  callHeaders,
  Flag,
  FrameType,
  frame,
  headerBlock,
  preface,
  settingsFrame,
  uint32,
} from "../../../xds/test/support/http2-frames.ts";
import {
  ByteWriter,
  defaultServerOptions,
  encodeHeaders,
  type RequestHandler,
  ServerConnection,
  type ServerConnectionHandler,
  type ServerStream,
  SharedMessage,
} from "../../src/index.ts";

const { DATA, HEADERS, SETTINGS, WINDOW_UPDATE } = FrameType;
const ok = encodeHeaders([[":status", "200"]]);
const headers = headerBlock(
  callHeaders("/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources"),
);
/** Each header put into the client's table, one of them different in each client. */
const intoTable = (client: number): Buffer => {
  const texts = [
    "te",
    "trailers",
    "x-envoy-internal",
    "true",
    "x-forwarded-for",
    `10.0.${client >> 8}.${client % 256}`,
  ];
  const literals = texts.map((text, at) =>
    Buffer.concat([at % 2 === 0 ? Buffer.of(0x40, text.length) : Buffer.of(text.length), Buffer.from(text)]),
  );
  return Buffer.concat([headers, ...literals]);
};
const handshake = Buffer.concat([preface, settingsFrame([[4, 2 ** 24]]), frame(SETTINGS, Flag.ACK, 0)]);
const ack = frame(DATA, 0, 1, Buffer.alloc(100));

const out = new ByteWriter();
const opened: ServerStream[] = [];
const forStreams: RequestHandler = { onData() {}, onEnd() {}, onSent() {}, onClosed() {} };
const fail = (error: Error): void => assert.fail(error.message);
const forConnections: ServerConnectionHandler = {
  output: () => out,
  writeShared() {},
  onRequest(stream) {
    opened.push(stream);
    return forStreams;
  },
  onHeadersTooLarge() {},
  onPing() {},
  onSettings() {},
  onGoaway() {},
  onMinorFault: fail,
  onFault: fail,
};

function connect(block: Uint8Array): ServerConnection {
  const connection = new ServerConnection(defaultServerOptions, forConnections);
  connection.start();
  connection.receive(handshake);
  connection.receive(frame(HEADERS, Flag.END_HEADERS, 1, block));
  connection.respond(opened.pop()!, ok);
  connection.receive(ack);
  out.reuse(out.take());
  return connection;
}

/** Bytes of heap that each of many connections takes, with its stream. */
function bytesEach(blockOf: (client: number) => Uint8Array): number {
  const count = 10_000;
  const kept = new Array<ServerConnection | undefined>(count).fill(undefined);
  for (let at = 0; at < 1_000; at++) connect(blockOf(at));
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let at = 0; at < count; at++) kept[at] = connect(blockOf(at));
  collectGarbage();
  const bytes = (process.memoryUsage().heapUsed - before) / count;
  assert.ok(kept.every((connection) => connection?.streamCount === 1));
  return bytes;
}

test("an idle connection with its stream takes about 600 bytes of heap", () => {
  const bytes = bytesEach(() => headers);
  assert.ok(bytes < 650, `${bytes} bytes`);
});

test("one whose client has filled its HPACK table takes some 200 more: what all clients say is kept once", () => {
  const bytes = bytesEach(intoTable);
  assert.ok(bytes < 900, `${bytes} bytes`);
});

test("receiving a request, sending what is shared and taking window updates allocate nothing", () => {
  const connection = new ServerConnection(defaultServerOptions, forConnections);
  connection.start();
  connection.receive(Buffer.concat([handshake, frame(HEADERS, Flag.END_HEADERS, 1, headers)]));
  const stream = opened.pop()!;
  connection.respond(stream, ok);
  const message = new SharedMessage(Buffer.alloc(10_000));
  const refill = [0, 1].map((id) => frame(WINDOW_UPDATE, 0, id, uint32(10_000)));
  const came = Buffer.concat([ack, ...refill]);
  const rounds = 2_000;
  const bytesOfARound = (): number => {
    const before = process.memoryUsage().heapUsed;
    for (let round = 0; round < rounds; round++) {
      if (connection.send(stream, message) !== "sent") assert.fail("the windows have room");
      connection.receive(came);
      if (out.length > 0) out.reuse(out.take());
    }
    return (process.memoryUsage().heapUsed - before) / rounds;
  };
  for (let warm = 0; warm < 20; warm++) bytesOfARound();
  const bytes = Array.from({ length: 21 }, bytesOfARound).toSorted((a, b) => a - b)[10]!; // a collection is in few of them
  assert.ok(bytes < 16, `${bytes} bytes`);
});
