// reliability.md, "HTTP/2 and gRPC edge": resets, CONTINUATION, invalid frames, SETTINGS, PINGs, header lists.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { defaultServerOptions } from "@fairlead/h2";
import { type EchoServer, listenEcho, quick } from "../support/echo-server.ts";
import {
  callHeaders,
  Flag,
  FrameType,
  frame,
  headerBlock,
  messageFrame,
  openFrame,
  preface,
  settingsFrame,
  uint32,
} from "../support/http2-frames.ts";
import { connectRaw, lastGoaway, type RawClient } from "../support/raw-http2.ts";
import { connectTo, startCall, type TestCall } from "../support/test-call.ts";
import { waitFor } from "../support/wait-for.ts";

const calm = 11; // ENHANCE_YOUR_CALM

/** A stream on another connection, which goes through the flood unharmed. */
function startHealthy(t: TestContext, server: EchoServer): TestCall {
  const connection = connectTo(server.target);
  t.after(() => connection.close());
  return startCall(connection);
}

async function exchange(call: TestCall): Promise<void> {
  const before = call.messages.length;
  call.send(`message ${before}`);
  await waitFor("the healthy stream's echo", () => call.messages.length > before);
  assert.equal(Buffer.from(call.messages[before] as Uint8Array).toString(), `message ${before}`);
}

async function assertOnlyFlooderSuffers(t: TestContext, flood: (client: RawClient) => void): Promise<RawClient> {
  const server = await listenEcho(t, { limits: quick });
  const healthy = startHealthy(t, server);
  await exchange(healthy);
  const client = connectRaw(server.port);
  flood(client);
  await exchange(healthy);
  await waitFor("the flooder to be closed", () => client.isClosed);
  await exchange(healthy);
  await waitFor("the flooder to be forgotten", () => server.transport.connections === 1);
  assert.equal(healthy.status, undefined);
  return client;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}

test("streams reset at once, over and over (rapid reset)", async (t) => {
  const client = await assertOnlyFlooderSuffers(t, (raw) => {
    const cycle = (at: number): Buffer => {
      const id = 2 * at + 1;
      return Buffer.concat([openFrame(id), frame(FrameType.RST_STREAM, 0, id, uint32(8))]);
    };
    raw.send(...range(200).map(cycle));
  });
  assert.equal(lastGoaway(client)?.code, calm);
});

test("streams that are opened, seen, and reset before they are used", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick, resetBurst: 3 } });
  const client = connectRaw(server.port);
  for (const at of range(5)) {
    if (client.isClosed) break;
    client.send(openFrame(2 * at + 1));
    await waitFor("the stream", () => server.streams.size === 1 || client.isClosed);
    client.send(frame(FrameType.RST_STREAM, 0, 2 * at + 1, uint32(8)));
    await waitFor("its end", () => server.streams.size === 0);
  }
  await client.closed;
  assert.equal(lastGoaway(client)?.code, calm);
});

test("streams reset slowly are no flood", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick, resetBurst: 3, resetsPerSecond: 1_000_000 } });
  const client = connectRaw(server.port);
  for (const at of range(20)) {
    const id = 2 * at + 1;
    client.send(openFrame(id));
    await waitFor("the stream", () => server.streams.size === 1);
    client.send(frame(FrameType.RST_STREAM, 0, id, uint32(8)));
    await waitFor("its end", () => server.streams.size === 0);
  }
  assert.equal(client.isClosed, false);
  client.close();
});

test("many streams that were in use may be reset at once, as an Envoy does whose clusters go", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick, resetBurst: 2 } });
  const client = connectRaw(server.port);
  const ids = range(100).map((at) => 2 * at + 1);
  client.send(...ids.flatMap((id) => [openFrame(id), messageFrame(id, Buffer.from("x"))]));
  await waitFor("an answer on each", () => client.frames.filter(({ type }) => type === FrameType.DATA).length === 100);
  client.send(...ids.map((id) => frame(FrameType.RST_STREAM, 0, id, uint32(8))));
  await waitFor("the end of all", () => server.streams.size === 0);
  client.send(openFrame(1_001), messageFrame(1_001, Buffer.from("y")));
  await waitFor("a further stream", () => server.streams.size === 1);
  assert.equal(client.isClosed, false);
  client.close();
});

test("a header block in endless CONTINUATION frames", async (t) => {
  await assertOnlyFlooderSuffers(t, (raw) => {
    const piece = headerBlock([["x-filler", "y".repeat(1_000)]]);
    raw.send(frame(FrameType.HEADERS, 0, 1, headerBlock(callHeaders("/echo"))));
    raw.send(...range(100).map(() => frame(FrameType.CONTINUATION, 0, 1, piece)));
  });
});

test("empty DATA frames without end", async (t) => {
  await assertOnlyFlooderSuffers(t, (raw) => {
    raw.send(openFrame(1), ...range(2_000).map(() => frame(FrameType.DATA, 0, 1)));
  });
});

test("SETTINGS over and over", async (t) => {
  const client = await assertOnlyFlooderSuffers(t, (raw) => {
    raw.send(...range(200).map(() => settingsFrame([[4, 65_535]])));
  });
  assert.deepEqual(lastGoaway(client)?.code, calm);
});

test("a SETTINGS frame with too many entries", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick, maxSettingsEntries: 10 } });
  const client = connectRaw(server.port);
  client.send(settingsFrame(range(11).map((at) => [0x1000 + at, at] as const)));
  await client.closed;
  assert.equal(server.transport.connections, 0);
});

test("PINGs without data between them get GOAWAY too_many_pings", async (t) => {
  const client = await assertOnlyFlooderSuffers(t, (raw) => {
    raw.send(...range(50).map(() => frame(FrameType.PING, 0, 0, Buffer.alloc(8))));
  });
  const goaway = client.frames.find(({ type }) => type === FrameType.GOAWAY);
  assert.equal(goaway?.payload.readUInt32BE(4), calm);
  assert.equal(goaway?.payload.toString("latin1", 8), "too_many_pings");
});

test("a client that pings after every message it gets is in its right", async (t) => {
  const server = await listenEcho(t, { limits: quick });
  const client = connectRaw(server.port);
  client.send(openFrame(1));
  for (const at of range(20)) {
    client.send(messageFrame(1, Buffer.from("x")));
    await waitFor("the echo", () => client.frames.filter(({ type }) => type === FrameType.DATA).length === at + 1);
    client.send(frame(FrameType.PING, 0, 0, Buffer.alloc(8)));
    await waitFor("the PING's answer", () => client.frames.filter(isPingAnswer).length === at + 1);
  }
  assert.equal(client.isClosed, false);
  client.close();
});

test("header lists of too many fields never become streams", async (t) => {
  const server = await listenEcho(t, { limits: quick });
  const client = connectRaw(server.port);
  const fields = range(60).map((at) => [`x-${at}`, "y"] as [string, string]);
  const block = headerBlock([...callHeaders("/echo"), ...fields]);
  client.send(...range(200).map((at) => frame(FrameType.HEADERS, Flag.END_HEADERS, 2 * at + 1, block)));
  await waitFor("200 refusals", () => client.frames.filter(({ type }) => type === FrameType.RST_STREAM).length === 200);
  assert.equal(server.streams.size, 0);
  client.close();
});

test("a header list of too many bytes is refused, even before the client acknowledged that limit", async (t) => {
  const server = await listenEcho(t, { limits: quick });
  const client = connectRaw(server.port, { answers: false });
  const fields = range(3).map((at) => [`x-${at}`, "y".repeat(5_350)] as [string, string]);
  const block = headerBlock([...callHeaders("/echo"), ...fields]);
  assert.ok(block.length < 16_384); // one frame
  client.send(frame(FrameType.HEADERS, Flag.END_HEADERS, 1, block));
  await waitFor("the stream to be refused", () => client.frames.some(({ streamId }) => streamId === 1));
  assert.equal(server.streams.size, 0);
  client.close();
});

test("more streams than a connection may have are refused, the others stay", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick, maxStreamsPerConnection: 5 } });
  const client = connectRaw(server.port);
  client.send(...range(8).map((at) => openFrame(2 * at + 1)));
  await waitFor("three refusals", () => client.frames.filter(({ type }) => type === FrameType.RST_STREAM).length === 3);
  assert.equal(server.streams.size, 5);
  client.send(messageFrame(1, Buffer.from("x")));
  await waitFor("an echo", () => client.frames.some(({ type, streamId }) => type === FrameType.DATA && streamId === 1));
  client.close();
});

test("a client that opens too many streams knowingly has them refused, too, and keeps the others", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick, maxStreamsPerConnection: 5 } });
  const client = connectRaw(server.port);
  client.send(openFrame(1), messageFrame(1, Buffer.from("x")));
  await waitFor("an echo, so that SETTINGS are acknowledged", () =>
    client.frames.some(({ type }) => type === FrameType.DATA),
  );
  client.send(...range(8).map((at) => openFrame(2 * at + 3)));
  await waitFor("four refusals", () => client.frames.filter(({ type }) => type === FrameType.RST_STREAM).length === 4);
  assert.equal(server.streams.size, 5);
  client.send(messageFrame(9, Buffer.from("x")));
  await waitFor("an echo", () => client.frames.some(({ type, streamId }) => type === FrameType.DATA && streamId === 9));
  client.close();
});

test("streams refused over and over close the connection", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick, maxStreamsPerConnection: 5, maxInvalidFrames: 10 } });
  const client = connectRaw(server.port, { answers: false });
  client.send(...range(200).map((at) => openFrame(2 * at + 1)));
  await client.closed;
  assert.ok(client.frames.filter(({ type }) => type === FrameType.RST_STREAM).length <= 20);
  await waitFor("its streams to end", () => server.streams.size === 0);
});

test("PINGs that keep their distance are no flood", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick, minPingIntervalMs: 1 } });
  const client = connectRaw(server.port);
  for (const at of range(10)) {
    client.send(frame(FrameType.PING, 0, 0, Buffer.alloc(8)));
    await waitFor("the PING's answer", () => client.frames.filter(isPingAnswer).length === at + 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.equal(client.isClosed, false);
  client.close();
});

test("SETTINGS that keep their distance are no flood", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick, settingsBurst: 1, settingsPerSecond: 1_000_000 } });
  const client = connectRaw(server.port);
  const isAck = ({ type, flags }: { type: number; flags: number }): boolean =>
    type === FrameType.SETTINGS && flags === 1;
  for (const at of range(10)) {
    client.send(settingsFrame([[4, 65_535]]));
    await waitFor("the answer", () => client.frames.filter(isAck).length === at + 2);
  }
  assert.equal(client.isClosed, false);
  client.close();
});

test("the limits are told to the client in SETTINGS and the connection's window", async (t) => {
  const limits = {
    maxStreamsPerConnection: 7,
    maxHeaderBytes: 9_000,
    streamWindowBytes: 70_000,
    connectionWindowBytes: 80_000,
  };
  const server = await listenEcho(t, { limits });
  const client = connectRaw(server.port);
  const [settings, update] = await waitFor("SETTINGS and WINDOW_UPDATE", () => {
    const found = [FrameType.SETTINGS, FrameType.WINDOW_UPDATE].map((type) =>
      client.frames.find((one) => one.type === type && one.payload.length > 0),
    );
    return found.every((one) => one !== undefined) && found;
  });
  const told: Record<number, number> = {};
  for (let at = 0; at < (settings?.payload.length ?? 0); at += 6) {
    told[settings?.payload.readUInt16BE(at) as number] = settings?.payload.readUInt32BE(at + 2) as number;
  }
  assert.deepEqual(told, { 1: defaultServerOptions.headerTableBytes, 3: 7, 4: 70_000, 5: 16_384, 6: 9_000 });
  assert.equal(update?.payload.readUInt32BE(0), 80_000 - 65_535);
  client.close();
});

test("frames that HTTP/2 forbids", async (t) => {
  await assertOnlyFlooderSuffers(t, (raw) => raw.send(frame(FrameType.DATA, 0, 0, Buffer.from("on stream 0"))));
});

test("frames on streams that were never opened", async (t) => {
  await assertOnlyFlooderSuffers(t, (raw) => raw.send(frame(FrameType.RST_STREAM, 0, 7, uint32(8))));
});

test("frames of a wrong length", async (t) => {
  await assertOnlyFlooderSuffers(t, (raw) => raw.send(frame(FrameType.WINDOW_UPDATE, 0, 0, Buffer.alloc(3))));
});

test("garbage after the preface", async (t) => {
  await assertOnlyFlooderSuffers(t, (raw) => raw.send(Buffer.alloc(10_000, 0xa5)));
});

test("garbage instead of the preface", async (t) => {
  const server = await listenEcho(t, { limits: quick });
  const healthy = startHealthy(t, server);
  const client = connectRaw(server.port, { handshake: false });
  client.send(Buffer.alloc(1_000, 0xa5));
  await client.closed;
  await exchange(healthy);
});

test("half a preface and then silence", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick, handshakeMs: 50 } });
  const client = connectRaw(server.port, { handshake: false });
  client.send(preface.subarray(0, 10));
  await client.closed;
  assert.equal(server.transport.connections, 0);
});

test("SETTINGS that are never acknowledged", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick, handshakeMs: 100 } });
  const client = connectRaw(server.port, { answers: false });
  await client.closed;
  assert.equal(lastGoaway(client)?.code, 4); // SETTINGS_TIMEOUT
});

function isPingAnswer({ type, flags }: { readonly type: number; readonly flags: number }): boolean {
  return type === FrameType.PING && (flags & Flag.ACK) !== 0;
}
