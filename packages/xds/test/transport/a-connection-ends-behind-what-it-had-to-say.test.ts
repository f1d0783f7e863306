// reliability.md: GOAWAY on drain loses nothing of what was sent before; a peer that reads nothing is not waited for.
import assert from "node:assert/strict";
import { test } from "node:test";
import { frameMessage } from "../../src/grpc/frame.ts";
import { status } from "../../src/grpc/status.ts";
import { listenEcho, quick } from "../support/echo-server.ts";
import { FrameType, frame, messageFrame, openFrame, uint32 } from "../support/http2-frames.ts";
import { connectRaw, type RawClient } from "../support/raw-http2.ts";
import { waitFor } from "../support/wait-for.ts";

const wide = 2 ** 31 - 1;
const large = frameMessage(Buffer.alloc(20_000_000));

/** A client with windows that hold everything, so that only its reading counts. */
function connectWide(port: number): RawClient {
  const client = connectRaw(port, { settings: [[4, wide]] });
  client.send(frame(FrameType.WINDOW_UPDATE, 0, 0, uint32(wide - 65_535)), openFrame(1));
  return client;
}

test("what was sent before a drain arrives, however slowly it is read", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick, closeMs: 200 } });
  const client = connectWide(server.port);
  const stream = await waitFor("the stream", () => [...server.streams][0]);
  client.socket.pause();
  stream.connection.allow({ queuedBytes: 100_000_000 });
  stream.send(large);
  stream.end(status("OK"));
  const drained = server.transport.drain();
  // It reads for a moment now and then: for longer than closeMs in all, and never pausing for that long.
  const reading = setInterval(() => {
    client.socket.resume();
    setImmediate(() => client.socket.pause());
  }, 10);
  t.after(() => clearInterval(reading));
  await drained;
  clearInterval(reading);
  client.socket.resume();
  await client.closed;
  const got = client.frames
    .filter(({ type }) => type === FrameType.DATA)
    .reduce((sum, one) => sum + one.payload.length, 0);
  assert.equal(got, large.length);
  assert.ok(
    client.frames.some(({ type, streamId, flags }) => type === FrameType.HEADERS && streamId === 1 && flags & 1),
  );
});

test("a peer that reads nothing is closed, though nothing asks whether it is there", async (t) => {
  const server = await listenEcho(t, { limits: { ...quick, evictAfterMs: 100, keepaliveIdleMs: 0 } });
  const client = connectWide(server.port);
  const stream = await waitFor("the stream", () => [...server.streams][0]);
  client.socket.pause();
  stream.connection.allow({ queuedBytes: 100_000_000 });
  stream.send(large);
  client.send(messageFrame(1, Buffer.from("x")));
  await waitFor("the connection to be gone", () => server.transport.connections === 0);
  await waitFor("nothing to be counted", () => server.transport.queuedBytes === 0);
  assert.match(server.closeReasons[0] ?? "", /^evicted: \d+ bytes unread/);
  client.close();
});
